"""Roles within one's own organisation: refused with 403 exactly where the manifests do not grant the permission."""

from chatter.kit.web.guards import GuardsInTurn
from chatter.rbac.facade import BUILT_IN_ROLES
from chatter.registry import DOMAINS
from tests.security.operations import ENDLESS, FOR_PEOPLE, Operation
from tests.security.sending import allowed, ids_of, probe
from tests.security.stand import Stand
from tests.security.world import digest

EVERYBODY = {
    "SignOut", "SignOutOfSso", "GetMe", "UpdateMe", "ChangePassword", "GetOrganization",
    "ConfirmSession",  # renews the proof of the person's own session
    "LeaveOrganization",  # ends the person's own membership
    "CreateOrganization",  # makes one that is the person's own, where the operator has opened that
    "GetSession", "ListMySessions", "EndMySession", "EndMyOtherSessions",
    "RequestEmailProof",  # sends a link to the person's own address
    "ListApps", "RevokeApp", "GetConnection",
    "ListOwnKeys", "RevokeOwnKey",
    "ListOwnExternalIdentities", "UnlinkOwnExternalIdentity",  # the accounts by which the person comes in
    "ListShared",  # what was shared with the person
    "GetAccessPolicy",  # whether administrators may read the person's own conversations
    "AcceptInvitationSignedIn",  # needs the link, and that it was sent to the person's own address
    "GetSecondFactors", "DraftTotp", "AddTotp", "RemoveTotp", "ReplaceRecoveryCodes",  # the person's own
    "DraftPasskey", "AddPasskey", "RenamePasskey", "RemovePasskey", "ConfirmSessionWithPasskey",
}  # fmt: skip
"""Operations that need no permission, only a session of the organisation: each concerns the person's own things."""
ASKING = {"Search", "LookUpApp", "LookUpDevice"}
"""Questions that are asked by POST. To try a provider is none: it makes the server call an address."""
READING = ("read", "search", "list", "verify", "explain", "export")

DEMANDING = {
    "GetModelAudience",
    "GetSessionLifetimes",
    "ListBelongings",
    "ListGrants",
    "ListOffboardings",
    "ListOthersConversations",
    "ListProviderOffers",
    "ListServiceAccountBelongings",
    "ListSubjects",
}
"""What is only looked at by whoever may change it: to see it is no part of the right to read."""


def test_only_the_few_known_operations_need_no_permission(stand: Stand) -> None:
    open_to_all = {name for name, handler in stand.handlers.items() if handler.opt.get("signed_in")}
    assert open_to_all <= EVERYBODY, "say in EVERYBODY that these concern the person's own things only"


def test_what_is_for_people_alone_is_known(stand: Stand) -> None:
    assert {name for name, handler in stand.handlers.items() if handler.opt.get("people_only")} == FOR_PEOPLE


def test_an_operation_that_changes_something_needs_more_than_the_right_to_read(stand: Stand) -> None:
    for operation in stand.operations:
        permission = stand.permission(operation)
        if operation.method != "GET" and permission is not None and operation.name not in ASKING:
            assert permission.value.rpartition(":")[2] not in READING, operation.name


def test_what_belongs_to_a_right_to_change_is_not_seen_by_whoever_may_read(stand: Stand) -> None:
    found = {
        operation.name
        for operation in stand.operations
        if operation.method == "GET"
        and (permission := stand.permission(operation)) is not None
        and permission.value.rpartition(":")[2] not in READING
    }
    assert found == DEMANDING


def test_an_operation_needs_a_permission_of_a_domain_that_owns_it(stand: Stand) -> None:
    known = {permission for domain in DOMAINS if domain.permissions for permission in domain.permissions}
    for operation in stand.operations:
        permission = stand.permission(operation)
        assert permission is None or permission in known, operation.name


GUARDS = ["refuse_foreign_pages", "count_request", "require_permission", "answer_preflight"]


async def test_a_role_is_refused_exactly_where_the_manifests_do_not_grant_it(stand: Stand) -> None:
    """The victim's colleagues at home, with ids that do not exist, so that nothing is changed by those who may."""
    before = await digest(stand.admin, stand.victim)
    refused = 0
    for role in BUILT_IN_ROLES:
        for operation in stand.operations:
            if stand.permission(operation) is not None and not allowed(stand, role, operation):
                seen = await probe(stand, stand.cast.insiders[role], operation, ids_of(operation, stand.victim))
                assert (seen.status, "permission_missing" in seen.text) == (403, True), (role, operation.name)
                refused += 1
    assert refused > 40
    assert await digest(stand.admin, stand.victim) == before


async def test_a_role_that_is_granted_a_route_is_let_in(stand: Stand) -> None:
    for role in BUILT_IN_ROLES:
        for operation in _harmless(stand):
            if allowed(stand, role, operation):
                seen = await probe(stand, stand.cast.insiders[role], operation, {})
                assert seen.status not in {401, 403}, (role, operation.name)


def test_the_guard_is_part_of_the_application_and_not_of_each_route(stand: Stand) -> None:
    for name, handler in stand.handlers.items():
        if not name.startswith("_") and handler.opt.get("permission") is not None:
            first, *_ = handler.resolve_guards()
            assert isinstance(first, GuardsInTurn)
            assert [guard.__name__ for guard in first.guards] == GUARDS, name


def _harmless(stand: Stand) -> list[Operation]:
    return [
        operation
        for operation in stand.operations
        if operation.method == "GET" and not operation.parameters and operation.name not in ENDLESS
    ]
