"""What every route must declare."""

from collections.abc import Iterator

import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from chatter.api import API_PREFIX, build_api
from chatter.kit.rate_limits.rules import Kind
from chatter.kit.settings import Settings
from chatter.registry import DOMAINS, MOUNTS

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
SETTINGS = Settings(secret_key="0" * 32)

# Questions asked by POST because their text is long: they change nothing, so there is nothing to audit.
ASKING = {"Search", "TestProvider", "TestUnsavedProvider", "LookUpInvitation", "LookUpApp", "LookUpDevice"}
# What an app says before any organisation is known: an id that holds all it says, or what waits in Redis for a person.
ASKING |= {"RegisterApp", "StartDevice", "FindSsoDoor"}
ASKING |= {"ScimSearch", "ScimSearchUsers", "ScimSearchGroups"}
# What begins something that nobody has until it is proven: a secret that is not stored, a challenge that lapses.
ASKING |= {"DraftTotp", "DraftPasskey", "AskForPasskey"}
# Answers each address the same; what is sent by mail is noted when it is used.
ASKING |= {"RequestPasswordReset", "SignUp"}


def routes(api: Litestar) -> Iterator[tuple[str, HTTPRouteHandler]]:
    for route in api.routes:
        if isinstance(route, HTTPRoute) and not route.path.startswith(f"{API_PREFIX}/schema"):
            for handler in route.route_handlers:
                if handler.http_methods != {"OPTIONS"}:
                    yield route.path, handler


ROUTES = sorted(routes(build_api(SETTINGS)), key=lambda route: (route[0], sorted(route[1].http_methods)))
IDS = [f"{'/'.join(sorted(handler.http_methods))} {path}" for path, handler in ROUTES]
every_route = pytest.mark.parametrize(("path", "handler"), ROUTES, ids=IDS)


@every_route
def test_a_route_lives_under_the_versioned_prefix_or_where_a_standard_says(
    path: str, handler: HTTPRouteHandler
) -> None:
    mounted = [f"{mount.prefix}/" for mount in MOUNTS]
    own = mounted if handler.opt.get("provisioning") else [API_PREFIX + "/", "/.well-known/"]
    assert path.startswith(tuple(own)), handler


@every_route
def test_a_route_declares_a_permission_or_says_that_it_needs_none(path: str, handler: HTTPRouteHandler) -> None:
    opt = handler.opt
    assert sum(bool(opt.get(key)) for key in ("permission", "public", "signed_in", "provisioning")) == 1, path


@every_route
def test_a_route_that_changes_something_names_its_audit_action(path: str, handler: HTTPRouteHandler) -> None:
    if handler.http_methods & UNSAFE and handler.operation_id not in ASKING:
        assert handler.opt.get("audit") is not None, path


@every_route
def test_a_route_has_an_operation_id_and_a_summary(path: str, handler: HTTPRouteHandler) -> None:
    assert isinstance(handler.operation_id, str), path
    assert handler.summary, path


@every_route
def test_a_stream_ends_with_its_readers_right(path: str, handler: HTTPRouteHandler) -> None:
    if handler.media_type == "text/event-stream" or handler.opt.get("streams"):
        assert "standing" in handler.parsed_fn_signature.parameters, path


@every_route
def test_a_route_by_which_somebody_might_guess_has_a_limit_of_its_own(path: str, handler: HTTPRouteHandler) -> None:
    tries = handler.opt.get("public") and handler.http_methods & UNSAFE
    body = handler.parsed_fn_signature.parameters.get("data")
    fields = getattr(body.annotation, "__struct_fields__", ()) if body else ()
    if tries or {"password", "current"} & set(fields):
        assert handler.opt.get("limit") not in (None, Kind.GENERAL), path
    if account := handler.opt.get("account"):
        assert account in fields, path


def test_operation_ids_are_unique() -> None:
    seen = [handler.operation_id for _, handler in ROUTES]
    assert len(seen) == len(set(seen))


def test_only_the_few_known_routes_are_public() -> None:
    public = {handler.operation_id for _, handler in ROUTES if handler.opt.get("public")}
    health = {"GetLiveness", "GetReadiness"}
    links = {"LookUpInvitation", "AcceptInvitation", "ProveEmail", "EnterSupport"}
    apps = {"RegisterApp", "StartDevice", "IssueToken", "RevokeToken"}
    apps |= {"GetAuthorizationServer", "GetProtectedResource", "GetSigningKeys"}
    sso = {"FindSsoDoor", "ListSsoDemands", "StartSso", "FinishSso", "BackchannelLogout"}
    second_step = {"ShowSecondFactor", "AskForPasskey", "SignInWithPasskey"}
    forgotten = {"RequestPasswordReset", "ResetPassword"}
    assert public == health | links | apps | sso | second_step | forgotten | {
        "GetSetup",
        "SignUp",
        "FinishSignUp",
        "SignIn",
    }


def test_only_the_few_known_routes_answer_for_a_closed_organisation() -> None:
    answering = {handler.operation_id for _, handler in ROUTES if handler.opt.get("even_closed")}
    own = {"GetMe", "UpdateMe", "ChangePassword", "SignOut", "SignOutOfSso", "ConfirmSession", "GetOrganization"}
    own |= {"ConfirmSessionWithPasskey"}
    own |= {"GetSession", "ListMySessions", "EndMySession", "EndMyOtherSessions"}
    assert answering == own | {"CreateOrganization", "AcceptInvitationSignedIn", "RestoreOrganization"}


def test_only_the_few_routes_that_add_a_second_factor_answer_without_the_one_that_is_asked_for() -> None:
    answering = {handler.operation_id for _, handler in ROUTES if handler.opt.get("without_factor")}
    adding = {"GetSecondFactors", "DraftTotp", "AddTotp", "DraftPasskey", "AddPasskey"}
    assert answering == adding | {"GetMe", "SignOut", "ConfirmSession", "ConfirmSessionWithPasskey"}


def test_only_the_few_known_routes_without_a_permission_answer_the_operator() -> None:
    answering = {handler.operation_id for _, handler in ROUTES if handler.opt.get("operators")}
    assert answering == {"GetMe", "GetSession", "SignOut", "GetOrganization", "GetAccessPolicy"}


def test_every_permission_is_held_by_the_owner_and_some_are_held_by_few() -> None:
    withheld = 0
    for domain in DOMAINS:
        if domain.permissions is not None:
            assert domain.role_permissions["owner"] == frozenset(domain.permissions), domain.name
            withheld += len(frozenset(domain.permissions) - domain.role_permissions["viewer"])
    assert withheld >= 5
