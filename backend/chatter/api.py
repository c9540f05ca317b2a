"""The HTTP API: every domain's routes under /api/v1."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from litestar import Litestar, Router
from litestar.config.app import AppConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.middleware import DefineMiddleware
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme

from chatter.health import HealthController
from chatter.identity.authentication import AuthenticationMiddleware
from chatter.kit.domain import Domain, Mount
from chatter.kit.routes import route
from chatter.kit.services import Services
from chatter.kit.settings import Settings
from chatter.kit.web.client_address import TrustedProxies
from chatter.kit.web.deprecation import announce_deprecations
from chatter.kit.web.edge import SESSION_COOKIE, refuse_foreign_pages, request_middleware
from chatter.kit.web.examples import ExampledJson
from chatter.kit.web.guards import GuardsInTurn
from chatter.kit.web.in_order import resolve_in_order
from chatter.kit.web.json_request import JsonRequest
from chatter.kit.web.openapi import describe_problems
from chatter.kit.web.problems import in_their_words
from chatter.kit.web.provide import dependencies
from chatter.kit.web.rate_limits import count_request
from chatter.oauth.addresses import Addresses
from chatter.rbac.facade import Catalogue
from chatter.rbac.guard import require_permission
from chatter.registry import DOMAINS, MOUNTS
from chatter.tenancy.facade import preflights

__all__ = ["API_PREFIX", "Lifespan", "build_api"]

API_PREFIX = "/api/v1"
_MOST_JSON_BYTES = 1024 * 1024
Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


def build_api(settings: Settings, *, lifespan: Sequence[Lifespan] = ()) -> Litestar:
    """The Litestar application; it opens and closes its services with its lifespan."""
    provided: dict[str, Provide] = dict(dependencies)
    for domain in DOMAINS:
        provided.update(domain.dependencies)
    controllers = [controller for domain in DOMAINS for controller in domain.controllers]
    well_known = [controller for domain in DOMAINS for controller in domain.well_known]
    describe_problems([HealthController, *controllers])
    announce_deprecations(controllers)
    api = Litestar(
        route_handlers=[
            Router(
                API_PREFIX,
                route_handlers=[HealthController, *controllers],
                dependencies=provided,
            ),
            Router("/", route_handlers=well_known, dependencies=provided),
            *(_mounted(mount, provided) for mount in MOUNTS),
        ],
        middleware=[DefineMiddleware(AuthenticationMiddleware, exclude_from_auth_key="signs_in_itself")],
        guards=[GuardsInTurn(refuse_foreign_pages, count_request, require_permission, preflights(f"{API_PREFIX}/"))],
        exception_handlers=in_their_words({mount.prefix: mount.exception_handlers for mount in MOUNTS}),
        lifespan=[_services(settings, DOMAINS), *lifespan],
        openapi_config=_openapi(),
        on_app_init=[_no_debug],
        logging_config=None,
        request_class=JsonRequest,
        request_max_body_size=_MOST_JSON_BYTES,  # uploads have a limit of their own, for each file
    )
    resolve_in_order(api)
    # Outside of routing: unknown addresses have an id too.
    api.asgi_handler = request_middleware(
        api.asgi_handler,
        proxies=TrustedProxies(settings.trusted_proxies),
        challenge=f'resource_metadata="{Addresses.of(settings).resource_metadata}"',
        https_only=settings.secure_cookies,
    )
    return api


def _mounted(mount: Mount, provided: dict[str, Provide]) -> Router:
    return Router(
        mount.prefix,
        route_handlers=[*mount.controllers],
        dependencies=provided,
        middleware=[*mount.middleware],
        exception_handlers=mount.exception_handlers,
        request_max_body_size=mount.max_body_bytes,
        include_in_schema=False,
    )


def _services(settings: Settings, domains: Sequence[Domain]) -> Lifespan:
    @asynccontextmanager
    async def open_services(app: Litestar) -> AsyncIterator[None]:
        async with Services.open(settings) as services:
            app.state.services = services
            services.add(Catalogue.of(domains))
            for domain in domains:
                for start in domain.on_startup:
                    await start(services)
            try:
                yield
            finally:
                for domain in reversed(domains):
                    for stop in domain.on_shutdown:
                        await stop(services)

    return open_services


def _openapi() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Chatter",
        version="1",
        description="Ask your organisation's documents. Errors are RFC 9457 problem documents.",
        openapi_router=Router(
            f"{API_PREFIX}/schema", route_handlers=[], opt=route(public=True), include_in_schema=False
        ),
        render_plugins=[ExampledJson(path="/openapi.json")],
        components=Components(
            security_schemes={
                "session": SecurityScheme(type="apiKey", security_scheme_in="cookie", name=SESSION_COOKIE),
                "bearer": SecurityScheme(type="http", scheme="bearer"),
            }
        ),
        security=[{"session": []}, {"bearer": []}],
    )


def _no_debug(config: AppConfig) -> AppConfig:
    config.debug = False
    config.state = State(config.state)
    return config
