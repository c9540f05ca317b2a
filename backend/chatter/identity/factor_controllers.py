"""Routes of one's own second factors, and of the sign-in that asks for them."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post, put
from litestar.openapi.datastructures import ResponseSpec

from chatter.identity.browsers import browser_cookie, browser_of
from chatter.identity.controllers import AnyRequest
from chatter.identity.factor_policy import FactorPolicies
from chatter.identity.factor_schemas import (
    MemberFactorsList,
    NewPasskeyOptions,
    Passkey,
    PasskeyAdded,
    PasskeyCreate,
    PasskeyOptions,
    PasskeySignIn,
    PasskeyUpdate,
    RecoveryCodes,
    SecondFactorGiven,
    SecondFactorPolicy,
    SecondFactors,
    TotpDraft,
    TotpProof,
)
from chatter.identity.member_factors import MembersFactors
from chatter.identity.passkeys import Passkeys
from chatter.identity.permissions import IdentityAction, IdentityPermission
from chatter.identity.schemas import Confirmed, SessionStarted
from chatter.identity.second_factors import OwnFactors
from chatter.identity.second_step import SecondStep
from chatter.identity.web import with_cookie
from chatter.kit.principal import Principal
from chatter.kit.rate_limits.rules import Kind
from chatter.kit.routes import route
from chatter.kit.schema import Problem
from chatter.kit.settings import Settings
from chatter.kit.web.problems import PROBLEM_JSON

__all__ = ["FactorPolicyController", "MemberFactorController", "SecondFactorController", "SecondStepController"]


_SLOWED = {429: ResponseSpec(Problem, description="Too many codes.", media_type=PROBLEM_JSON, generate_examples=False)}


def _adding(audit: IdentityAction | None = None) -> dict[str, Any]:
    """What it takes to add a factor: open to who has still to add one, though not to who left their screen alone."""
    return route(signed_in=True, people_only=True, unbound=True, recent=True, without_factor=True, audit=audit)


class SecondFactorController(Controller):
    """`/me/second-factors` and what they consist of. Open to a session that has still to add one."""

    path = "/me"
    tags = ("Profile",)

    @get(
        "/second-factors",
        operation_id="GetSecondFactors",
        summary="My authenticator app, passkeys and recovery codes",
        opt=route(signed_in=True, people_only=True, without_factor=True),
    )
    async def show(self, principal: Principal, own_factors: OwnFactors) -> SecondFactors:
        return await own_factors.of(principal)

    @post(
        "/totp/draft",
        operation_id="DraftTotp",
        summary="A secret for an authenticator app, as text and picture",
        status_code=200,
        opt=_adding(),
    )
    async def draft(self, principal: Principal, own_factors: OwnFactors) -> TotpDraft:
        return own_factors.draft(principal)

    @post(
        "/totp",
        operation_id="AddTotp",
        summary="Add the authenticator app that shows this code",
        opt=_adding(audit=IdentityAction.TOTP_ADDED),
    )
    async def confirm(self, principal: Principal, data: TotpProof, own_factors: OwnFactors) -> RecoveryCodes:
        return await own_factors.confirm(principal, data)

    @delete(
        "/totp",
        operation_id="RemoveTotp",
        summary="Remove my authenticator app",
        opt=route(signed_in=True, people_only=True, unbound=True, recent=True, audit=IdentityAction.TOTP_REMOVED),
    )
    async def remove(self, principal: Principal, own_factors: OwnFactors) -> None:
        await own_factors.remove(principal)

    @post(
        "/recovery-codes",
        operation_id="ReplaceRecoveryCodes",
        summary="Make new recovery codes; the old ones count no more",
        opt=route(
            signed_in=True, people_only=True, unbound=True, recent=True, audit=IdentityAction.RECOVERY_CODES_REPLACED
        ),
    )
    async def renew_codes(self, principal: Principal, own_factors: OwnFactors) -> RecoveryCodes:
        return await own_factors.renew_codes(principal)

    @post(
        "/passkeys/options",
        operation_id="DraftPasskey",
        summary="What a browser needs to make a passkey",
        status_code=200,
        opt=_adding(),
    )
    async def passkey_options(self, principal: Principal, passkeys: Passkeys) -> NewPasskeyOptions:
        return await passkeys.options(principal)

    @post(
        "/passkeys",
        operation_id="AddPasskey",
        summary="Add the passkey that a browser made",
        opt=_adding(audit=IdentityAction.PASSKEY_ADDED),
    )
    async def add_passkey(self, principal: Principal, data: PasskeyCreate, passkeys: Passkeys) -> PasskeyAdded:
        return await passkeys.add(principal, data)

    @patch(
        "/passkeys/{passkey_id:uuid}",
        operation_id="RenamePasskey",
        summary="Give my passkey another name",
        opt=route(signed_in=True, people_only=True, unbound=True, audit=IdentityAction.PASSKEY_RENAMED),
    )
    async def rename_passkey(
        self, passkey_id: UUID, principal: Principal, data: PasskeyUpdate, passkeys: Passkeys
    ) -> Passkey:
        return await passkeys.rename(principal, passkey_id, data)

    @delete(
        "/passkeys/{passkey_id:uuid}",
        operation_id="RemovePasskey",
        summary="Remove my passkey",
        opt=route(signed_in=True, people_only=True, unbound=True, recent=True, audit=IdentityAction.PASSKEY_REMOVED),
    )
    async def remove_passkey(self, passkey_id: UUID, principal: Principal, passkeys: Passkeys) -> None:
        await passkeys.remove(principal, passkey_id)


class SecondStepController(Controller):
    """`/auth`, after the password or in place of it."""

    path = "/auth"
    tags = ("Sign-in",)

    @post(
        "/second-factor",
        operation_id="ShowSecondFactor",
        summary="Finish a sign-in with a code",
        status_code=200,
        responses=_SLOWED,
        opt=route(public=True, audit=IdentityAction.SIGNED_IN, limit=Kind.FACTOR),
    )
    async def answer(
        self, data: SecondFactorGiven, second_step: SecondStep, settings: Settings, request: AnyRequest
    ) -> Response[SessionStarted]:
        agent = request.headers.get("user-agent", "")
        started = await second_step.answer(data, browser=browser_of(request), user_agent=agent)
        return with_cookie(started, settings, status_code=200)

    @post(
        "/passkeys/options",
        operation_id="AskForPasskey",
        summary="What a browser needs to sign in with a passkey",
        status_code=200,
        opt=route(public=True, limit=Kind.FACTOR),
    )
    async def passkey_options(
        self, second_step: SecondStep, settings: Settings, request: AnyRequest
    ) -> Response[PasskeyOptions]:
        browser = browser_of(request)
        options = await second_step.passkey_options(browser=browser)
        return Response(options, status_code=200, cookies=[browser_cookie(browser, settings)])

    @post(
        "/passkeys",
        operation_id="SignInWithPasskey",
        summary="Sign in with a passkey",
        status_code=200,
        opt=route(public=True, audit=IdentityAction.SIGNED_IN, limit=Kind.FACTOR),
    )
    async def sign_in(
        self, data: PasskeySignIn, second_step: SecondStep, settings: Settings, request: AnyRequest
    ) -> Response[SessionStarted]:
        agent = request.headers.get("user-agent", "")
        started = await second_step.sign_in_with_passkey(data, browser=browser_of(request), user_agent=agent)
        return with_cookie(started, settings, status_code=200)

    @post(
        "/confirm/passkey",
        operation_id="ConfirmSessionWithPasskey",
        summary="Prove once more that it is me, with a passkey",
        status_code=200,
        opt=route(
            signed_in=True,
            even_closed=True,
            people_only=True,
            unbound=True,
            without_factor=True,
            audit=IdentityAction.CONFIRMED,
        ),
    )
    async def confirm(
        self, principal: Principal, data: PasskeySignIn, second_step: SecondStep, request: AnyRequest
    ) -> Confirmed:
        return await second_step.confirm_with_passkey(principal, data, browser=browser_of(request))


class MemberFactorController(Controller):
    """`/members/…/second-factors`"""

    path = "/members"
    tags = ("Members",)

    @get(
        "/second-factors",
        operation_id="ListMembersSecondFactors",
        summary="Which members have a second factor",
        opt=route(permission=IdentityPermission.SECOND_FACTOR_READ),
    )
    async def index(self, members_factors: MembersFactors) -> MemberFactorsList:
        return await members_factors.list()

    @delete(
        "/{user_id:uuid}/second-factors",
        operation_id="ResetMemberSecondFactors",
        summary="Remove a member's second factors after a loss",
        opt=route(
            permission=IdentityPermission.SECOND_FACTOR_DELETE,
            people_only=True,
            recent=True,
            audit=IdentityAction.SECOND_FACTORS_RESET,
        ),
    )
    async def reset(self, user_id: UUID, principal: Principal, members_factors: MembersFactors) -> None:
        await members_factors.reset(principal, user_id=user_id)


class FactorPolicyController(Controller):
    """`/organization/second-factor-policy`"""

    path = "/organization/second-factor-policy"
    tags = ("Organization",)

    @get(
        operation_id="GetSecondFactorPolicy",
        summary="Whether people need a second factor",
        opt=route(permission=IdentityPermission.SECOND_FACTOR_READ),
    )
    async def show(self, factor_policies: FactorPolicies) -> SecondFactorPolicy:
        return await factor_policies.get()

    @put(
        operation_id="SetSecondFactorPolicy",
        summary="Ask people for a second factor, or for none",
        opt=route(
            permission=IdentityPermission.SECOND_FACTOR_POLICY_UPDATE,
            people_only=True,
            recent=True,
            audit=IdentityAction.SECOND_FACTOR_POLICY_UPDATED,
        ),
    )
    async def update(self, data: SecondFactorPolicy, factor_policies: FactorPolicies) -> SecondFactorPolicy:
        return await factor_policies.set(data)
