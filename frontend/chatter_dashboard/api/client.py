"""The API as one object per person, grouped as the API's domains are."""

from http.cookiejar import CookieJar, DefaultCookiePolicy
from uuid import UUID

import httpx

from chatter_dashboard.api.access import AccessApi
from chatter_dashboard.api.analytics import AnalyticsApi
from chatter_dashboard.api.apps import AppsApi
from chatter_dashboard.api.audit import AuditApi
from chatter_dashboard.api.calls import Calls
from chatter_dashboard.api.chat import ChatApi
from chatter_dashboard.api.collections import CollectionsApi
from chatter_dashboard.api.documents import DocumentsApi
from chatter_dashboard.api.factors import FactorsApi
from chatter_dashboard.api.identity import IdentityApi
from chatter_dashboard.api.keys import KeysApi
from chatter_dashboard.api.llm import LlmApi
from chatter_dashboard.api.runs import RunsApi
from chatter_dashboard.api.scim import ScimApi
from chatter_dashboard.api.service_accounts import ServiceAccountsApi
from chatter_dashboard.api.sso import SsoApi
from chatter_dashboard.api.tenancy import TenancyApi
from chatter_dashboard.api.tools import ToolsApi
from chatter_dashboard.api.transport import ASGIApp, StreamingASGITransport
from chatter_dashboard.api.usage import UsageApi

__all__ = ["Api", "connect", "connect_in_process"]

_PREFIX = "/api/v1"


class Api:
    """Everything that a signed-in person can ask of the API."""

    def __init__(self, http: httpx.AsyncClient, *, token: str, organization_id: UUID | None = None) -> None:
        calls = Calls(http, token=token, organization_id=organization_id)
        self._calls = calls
        self.access = AccessApi(calls)
        self.analytics = AnalyticsApi(calls)
        self.apps = AppsApi(calls)
        self.audit = AuditApi(calls)
        self.chat = ChatApi(calls)
        self.collections = CollectionsApi(calls)
        self.documents = DocumentsApi(calls)
        self.factors = FactorsApi(calls)
        self.identity = IdentityApi(calls)
        self.keys = KeysApi(calls)
        self.llm = LlmApi(calls)
        self.runs = RunsApi(calls)
        self.scim = ScimApi(calls)
        self.service_accounts = ServiceAccountsApi(calls)
        self.sso = SsoApi(calls)
        self.tenancy = TenancyApi(calls)
        self.usage = UsageApi(calls)
        self.tools = ToolsApi(calls)

    def forwarding(self, addresses: str) -> "Api":
        """The same, with each call naming the addresses that the person's own request came through."""
        self._calls.forward(addresses)
        return self

    def unattended(self) -> "Api":
        """The same, for what a page asks by itself."""
        self._calls.unattended()
        return self


def connect_in_process(app: ASGIApp) -> httpx.AsyncClient:
    """A connection to an API that lives in this process."""
    return _client("http://chatter.internal", transport=StreamingASGITransport(app))


def connect(address: str) -> httpx.AsyncClient:
    """A connection over HTTP, for a dashboard that is deployed apart from its API."""
    return _client(address, transport=httpx.AsyncHTTPTransport(retries=1))


def _client(address: str, *, transport: httpx.AsyncBaseTransport) -> httpx.AsyncClient:
    # One connection serves everybody: it must never keep a cookie that one person's answer set.
    no_cookies = CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
    return httpx.AsyncClient(base_url=address + _PREFIX, transport=transport, cookies=no_cookies, timeout=30)
