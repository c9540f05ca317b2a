"""Signing in, oneself, and the members of the organisation."""

from uuid import UUID

from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.datastructures import State
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.identity.browsers import answer_to, browser_of
from chatter.identity.confirming import Confirming
from chatter.identity.demands import lacking
from chatter.identity.factor_schemas import SecondFactorAsked
from chatter.identity.mailboxes import Mailboxes
from chatter.identity.methods import SignInMethod
from chatter.identity.organizations import Organizations
from chatter.identity.permissions import IdentityAction
from chatter.identity.schemas import (
    Confirmation,
    Confirmed,
    Me,
    PasswordChange,
    Profile,
    ProfileUpdate,
    SessionStanding,
    SessionStarted,
    Setup,
    SignIn,
    SupportStanding,
)
from chatter.identity.service import IdentityService
from chatter.identity.web import ended_cookie
from chatter.kit.principal import Principal
from chatter.kit.rate_limits.rules import Kind
from chatter.kit.routes import route
from chatter.kit.settings import Settings
from chatter.rbac.facade import Authorizer
from chatter.tenancy.facade import Mails, TenancyService
from chatter.tenancy.permissions import TenancyAction, TenancyPermission
from chatter.tenancy.schemas import Member, MemberList, RoleChange

__all__ = ["AnyRequest", "AuthController", "MeController", "MemberController"]

AnyRequest = Request[object, object, State]


class AuthController(Controller):
    """`/auth`"""

    path = "/auth"
    tags = ("Sign-in",)

    @get("/setup", operation_id="GetSetup", summary="Whether one may sign up", opt=route(public=True))
    async def setup(self, identity: IdentityService) -> Setup:
        return await identity.setup()

    @post(
        "/sign-in",
        operation_id="SignIn",
        summary="Sign in with a password",
        status_code=200,
        opt=route(public=True, audit=IdentityAction.SIGNED_IN, limit=Kind.SIGN_IN, account="email"),
    )
    async def sign_in(
        self, data: SignIn, identity: IdentityService, settings: Settings, request: AnyRequest
    ) -> Response[SessionStarted | SecondFactorAsked]:
        browser, agent = browser_of(request), request.headers.get("user-agent", "")
        outcome = await identity.sign_in(data, user_agent=agent, browser=browser)
        return answer_to(outcome, settings, browser=browser, status_code=200)

    @post(
        "/sign-out",
        operation_id="SignOut",
        summary="End this session",
        status_code=204,
        response_cookies=[ended_cookie],
        opt=route(
            signed_in=True,
            even_closed=True,
            people_only=True,
            operators=True,
            without_factor=True,
            audit=IdentityAction.SIGNED_OUT,
        ),
    )
    async def sign_out(self, principal: Principal, identity: IdentityService) -> None:
        await identity.sign_out(principal)

    @get(
        "/session",
        operation_id="GetSession",
        summary="Whether this session stands",
        opt=route(signed_in=True, even_closed=True, people_only=True, operators=True),
    )
    async def session_standing(self, principal: Principal) -> SessionStanding:
        return SessionStanding(
            methods=sorted(SignInMethod(method) for method in principal.methods),
            authenticated_at=principal.authenticated_at,
            bound=principal.bound,
        )

    @post(
        "/confirm",
        operation_id="ConfirmSession",
        summary="Prove once more that it is me",
        status_code=200,
        opt=route(
            signed_in=True,
            even_closed=True,
            people_only=True,
            without_factor=True,
            audit=IdentityAction.CONFIRMED,
            limit=Kind.PROOF,
        ),
    )
    async def confirm(self, principal: Principal, data: Confirmation, confirming: Confirming) -> Confirmed:
        return await confirming.confirm(principal, data)


class MeController(Controller):
    """`/me`"""

    path = "/me"
    tags = ("Profile",)

    @get(
        operation_id="GetMe",
        summary="Who I am and what I may do",
        opt=route(signed_in=True, even_closed=True, people_only=True, operators=True, without_factor=True),
    )
    async def show(
        self,
        principal: Principal,
        authorizer: Authorizer,
        mails: Mails,
        organizations: Organizations,
        mailboxes: Mailboxes,
    ) -> Me:
        own = await organizations.of(principal)
        here = next(organization for organization in own if organization.id == principal.tenant_id)
        return Me(
            user=Profile(id=principal.user_id, email=principal.email, name=principal.name),
            organization=here,
            organizations=own,
            role=here.role,
            role_name=await authorizer.role_name(principal),
            permissions=sorted(await authorizer.permissions_of(principal)),
            may_create_organizations=organizations.open and principal.kind == "user",
            email_proof=await mailboxes.standing(principal),
            lacks=lacking(principal),
            reads_mails=await mails.readable(principal),
            support=_support(principal),
        )

    @patch(
        operation_id="UpdateMe",
        summary="Change my name",
        opt=route(
            signed_in=True, even_closed=True, people_only=True, unbound=True, audit=IdentityAction.PROFILE_UPDATED
        ),
    )
    async def update(self, principal: Principal, data: ProfileUpdate, identity: IdentityService) -> Profile:
        return await identity.update_profile(principal, data)

    @post(
        "/password",
        operation_id="ChangePassword",
        summary="Change my password",
        status_code=204,
        opt=route(
            signed_in=True,
            even_closed=True,
            people_only=True,
            unbound=True,
            audit=IdentityAction.PASSWORD_CHANGED,
            limit=Kind.PROOF,
        ),
    )
    async def change_password(self, principal: Principal, data: PasswordChange, identity: IdentityService) -> None:
        await identity.change_password(principal, data)


class MemberController(Controller):
    """`/members`"""

    path = "/members"
    tags = ("Members",)

    @get(
        operation_id="ListMembers",
        summary="Everybody in the organisation",
        opt=route(permission=TenancyPermission.MEMBER_READ),
    )
    async def index(self, session: AsyncSession) -> MemberList:
        return MemberList(items=await TenancyService(session).members())

    @patch(
        "/{user_id:uuid}",
        operation_id="ChangeMemberRole",
        summary="Give a member another role",
        opt=route(permission=TenancyPermission.MEMBER_UPDATE, audit=TenancyAction.MEMBER_ROLE_CHANGED),
    )
    async def change_role(
        self, user_id: UUID, session: AsyncSession, principal: Principal, data: RoleChange, authorizer: Authorizer
    ) -> Member:
        service = TenancyService(session)
        return await service.change_role(principal, user_id=user_id, role=data.role, authorizer=authorizer)

    @delete(
        "/{user_id:uuid}",
        operation_id="RemoveMember",
        summary="Take a member out of the organisation",
        opt=route(permission=TenancyPermission.MEMBER_DELETE, audit=TenancyAction.MEMBER_REMOVED),
    )
    async def remove(self, user_id: UUID, session: AsyncSession, principal: Principal, authorizer: Authorizer) -> None:
        await TenancyService(session).remove_member(principal, user_id=user_id, authorizer=authorizer)

    @post(
        "/{user_id:uuid}/suspend",
        operation_id="SuspendMember",
        summary="Keep a member out until they are reactivated",
        status_code=200,
        opt=route(permission=TenancyPermission.MEMBER_UPDATE, audit=TenancyAction.MEMBER_SUSPENDED),
    )
    async def suspend(
        self, user_id: UUID, session: AsyncSession, principal: Principal, authorizer: Authorizer
    ) -> Member:
        return await TenancyService(session).suspend_member(principal, user_id=user_id, authorizer=authorizer)

    @post(
        "/{user_id:uuid}/reactivate",
        operation_id="ReactivateMember",
        summary="Let a suspended member in again",
        status_code=200,
        opt=route(permission=TenancyPermission.MEMBER_UPDATE, audit=TenancyAction.MEMBER_REACTIVATED),
    )
    async def reactivate(
        self, user_id: UUID, session: AsyncSession, principal: Principal, authorizer: Authorizer
    ) -> Member:
        return await TenancyService(session).reactivate_member(principal, user_id=user_id, authorizer=authorizer)


def _support(principal: Principal) -> SupportStanding | None:
    if principal.key_id is None or principal.until is None:
        return None
    return SupportStanding(grant_id=principal.key_id, until=principal.until)
