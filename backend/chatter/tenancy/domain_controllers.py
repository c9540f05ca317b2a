"""Routes of mail domains."""

from uuid import UUID

from litestar import Controller, delete, get, patch, post

from chatter.kit.principal import Principal
from chatter.kit.routes import route
from chatter.kit.web.openapi import ELSEWHERE
from chatter.tenancy.domains import Domains
from chatter.tenancy.permissions import TenancyAction, TenancyPermission
from chatter.tenancy.schemas import MailDomain, MailDomainCreate, MailDomainList, MailDomainUpdate

__all__ = ["DomainController"]


class DomainController(Controller):
    """`/domains`"""

    path = "/domains"
    tags = ("Domains",)

    @get(operation_id="ListDomains", summary="Mail domains", opt=route(permission=TenancyPermission.DOMAIN_READ))
    async def index(self, domains: Domains, principal: Principal) -> MailDomainList:
        return MailDomainList(items=await domains.all(principal))

    @post(
        operation_id="AddDomain",
        summary="Name a mail domain, to be verified",
        opt=route(permission=TenancyPermission.DOMAIN_CREATE, audit=TenancyAction.DOMAIN_ADDED),
    )
    async def add(self, domains: Domains, principal: Principal, data: MailDomainCreate) -> MailDomain:
        return await domains.claim(principal, data)

    @post(
        "/{domain_id:uuid}/verify",
        operation_id="VerifyDomain",
        summary="Look for the text record that proves a domain",
        status_code=200,
        opt=route(permission=TenancyPermission.DOMAIN_CREATE, audit=TenancyAction.DOMAIN_VERIFIED),
        responses=ELSEWHERE,
    )
    async def verify(self, domains: Domains, principal: Principal, domain_id: UUID) -> MailDomain:
        return await domains.verify(principal, domain_id)

    @patch(
        "/{domain_id:uuid}",
        operation_id="UpdateDomain",
        summary="Say in which role people of a verified domain join",
        opt=route(permission=TenancyPermission.DOMAIN_UPDATE, audit=TenancyAction.DOMAIN_UPDATED),
    )
    async def update(
        self, domains: Domains, principal: Principal, domain_id: UUID, data: MailDomainUpdate
    ) -> MailDomain:
        return await domains.update(principal, domain_id, data)

    @delete(
        "/{domain_id:uuid}",
        operation_id="RemoveDomain",
        summary="Give a mail domain up",
        opt=route(permission=TenancyPermission.DOMAIN_DELETE, audit=TenancyAction.DOMAIN_REMOVED),
    )
    async def remove(self, domains: Domains, principal: Principal, domain_id: UUID) -> None:
        await domains.remove(principal, domain_id)
