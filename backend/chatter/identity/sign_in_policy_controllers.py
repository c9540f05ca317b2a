"""Routes of what an organisation asks of sessions."""

from litestar import Controller, get, put

from chatter.identity.permissions import IdentityAction, IdentityPermission
from chatter.identity.schemas import SessionLifetimes
from chatter.identity.sign_in_policies import SignInPolicies
from chatter.kit.routes import route

__all__ = ["SignInPolicyController"]


class SignInPolicyController(Controller):
    """`/organization/session-lifetimes`"""

    path = "/organization/session-lifetimes"
    tags = ("Organization",)

    @get(
        operation_id="GetSessionLifetimes",
        summary="How long sessions open the organisation",
        opt=route(permission=IdentityPermission.SIGN_IN_POLICY_UPDATE),
    )
    async def show(self, sign_in_policies: SignInPolicies) -> SessionLifetimes:
        return await sign_in_policies.lifetimes()

    @put(
        operation_id="SetSessionLifetimes",
        summary="Change how long sessions open the organisation",
        opt=route(
            permission=IdentityPermission.SIGN_IN_POLICY_UPDATE,
            audit=IdentityAction.SIGN_IN_POLICY_UPDATED,
            people_only=True,
        ),
    )
    async def update(self, data: SessionLifetimes, sign_in_policies: SignInPolicies) -> SessionLifetimes:
        return await sign_in_policies.set_lifetimes(data)
