"""The operations of the API, read from its OpenAPI document: where each takes an id, and a valid request for it."""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from litestar import Litestar

from chatter.api import API_PREFIX
from chatter.kit.web.examples import with_examples

__all__ = [
    "BESIDE",
    "BODY_IDS",
    "ENDLESS",
    "FOR_PEOPLE",
    "METHODS",
    "NOBODYS",
    "PARAMETERS",
    "Field",
    "Operation",
    "operations",
]

Json = dict[str, Any]
METHODS = ("get", "put", "post", "patch", "delete")

PARAMETERS = {
    "user_id": "app_user",
    "member_id": "app_user",
    "version_id": "document_version",
    "event_id": "audit_event",
    "domain_id": "mail_domain",
    "grant_id": "resource_grant",
    "account_id": "service_account",
    "key_id": "api_key",
    "session_id": "user_session",
    "app_id": "oauth_grant",
    "token_id": "scim_token",
    "origin_id": "web_origin",
    "queued_id": "queued_message",
}
"""Which table a parameter names, where its name does not say it: `document_id` names `document` by itself."""
NOBODYS = {"offer_id": "none", "rule": "none", "passkey_id": "019a1b2c-3d4e-7f50-8a1b-2c3d4e5f6071"}
NOBODYS |= {"call_id": "call01000"}  # a place in a run, which `run_id` names
"""Parameters that name something which belongs to no organisation. A person's passkeys: tests/identity attacks them."""
ENDLESS = {"TailAuditEvents"}
"""Streams that would be waited for: test_streams.py opens them, reads what they begin with, and leaves."""
BODY_IDS = {
    "actor": "app_user",
    "parent_id": "message",
    "shown_message_id": "message",
    "owner_id": "app_user",
    "new_owner_id": "app_user",
    "successor_id": "app_user",
    "subject_id": "app_user",
    "target": "document",
    "resource_id": "document",
    "principal_id": "app_user",
    "break_glass_ids": "app_user",
    "break_glass_id": "app_user",
    "group_id": "scim_group",
    "with": "run",
}
"""The same for fields of bodies and for parameters of queries."""
BESIDE = {"resource_id": {"resource_kind": "document"}}
"""What a parameter of a query means nothing without."""

FOR_PEOPLE = {
    *("SignOut", "GetMe", "UpdateMe", "ChangePassword", "RequestEmailProof", "AcceptInvitationSignedIn"),
    *("CreateOrganization", "LeaveOrganization", "TransferOwnership", "RequestDeletion", "RestoreOrganization"),
    *("SetSessionLifetimes", "GetSession", "ConfirmSession", "ListMySessions", "EndMySession", "EndMyOtherSessions"),
    *("LookUpApp", "AllowApp", "LookUpDevice", "AllowDevice", "RefuseDevice", "ListApps", "RevokeApp"),
    *("ListOwnKeys", "CreateOwnKey", "RevokeOwnKey"),
    *("ListOwnExternalIdentities", "UnlinkOwnExternalIdentity", "ChangeScimGroupRoles"),
    *("GetSecondFactors", "DraftTotp", "AddTotp", "RemoveTotp", "ReplaceRecoveryCodes", "ResetMemberSecondFactors"),
    *(
        "DraftPasskey",
        "AddPasskey",
        "RenamePasskey",
        "RemovePasskey",
        "ConfirmSessionWithPasskey",
        "SetSecondFactorPolicy",
    ),
    *("CreateServiceAccount", "UpdateServiceAccount", "ReactivateServiceAccount", "CreateApiKey", "GrantSupport"),
    *("SignOutOfSso", "TestIdentityProvider", "ConfirmSession", "CreateScimToken"),
}
"""What concerns a person's own sign-in, or makes what can come in after a key was revoked."""


@dataclass(frozen=True)
class Field:
    """A place in a body that takes an id: the way to it, and the table that it names."""

    path: tuple[str | int, ...]
    name: str


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation of the API."""

    name: str
    method: str
    path: str
    body: Any = None
    """A valid body: the example, reduced to what is required."""
    full: Any = None
    """The whole example."""
    fields: tuple[Field, ...] = ()
    form: tuple[str, ...] | None = None
    """The fields of a multipart form that take an id; None when it takes no form."""
    queries: dict[str, Any] = field(default_factory=dict)
    """Its query parameters and the format of each."""
    demanded: tuple[str, ...] = ()
    """Those query parameters that it can't do without."""
    headers: tuple[str, ...] = ()

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.path)

    def address(self, ids: dict[str, Any]) -> str:
        return self.path.removeprefix(API_PREFIX).format(**ids)

    def body_with(self, place: Field, value: str) -> Any:
        """The body with another id in one place."""
        body = copy.deepcopy(self.full)
        inner = body
        for step in place.path[:-1]:
            inner = inner[step]
        inner[place.path[-1]] = [value] if isinstance(inner[place.path[-1]], list) else value
        return body


def operations(api: Litestar) -> list[Operation]:
    document = with_examples(api.openapi_schema.to_schema())
    return [
        _operation(path, method, described[method], document)
        for path, described in document["paths"].items()
        for method in METHODS
        if method in described
    ]


def _operation(path: str, method: str, described: Json, document: Json) -> Operation:
    parameters = described.get("parameters", [])
    content = described.get("requestBody", {}).get("content", {}).get("application/json")
    form = described.get("requestBody", {}).get("content", {}).get("multipart/form-data")
    body = copy.deepcopy(content["example"]) if content else None
    return Operation(
        name=described["operationId"],
        method=method.upper(),
        path=path,
        body=_required(content["schema"], body, document) if content else None,
        full=body,
        fields=tuple(_places(content["schema"], body, document)) if content else (),
        form=tuple(_form_fields(form["schema"], document)) if form else None,
        queries={p["name"]: _format(p["schema"], document) for p in parameters if p["in"] == "query"},
        demanded=tuple(p["name"] for p in parameters if p["in"] == "query" and p.get("required")),
        headers=tuple(p["name"] for p in parameters if p["in"] == "header"),
    )


def _format(schema: Json, document: Json) -> str | None:
    """What kind of text a parameter takes, also where it may be left out."""
    return next((option["format"] for option in _alternatives(schema, document) if "format" in option), None)


def _required(schema: Json, example: Any, document: Json) -> Any:
    names = {name for option in _alternatives(schema, document) for name in option.get("required", ())}
    return {name: example[name] for name in names} if isinstance(example, dict) else example


def _places(schema: Json, example: Any, document: Json, path: tuple[str | int, ...] = ()) -> Iterator[Field]:
    """Every place whose schema has the format uuid, or a list of such."""
    for option in _alternatives(schema, document):
        if option.get("format") == "uuid" and path:
            yield Field(path, next(str(step) for step in reversed(path) if isinstance(step, str)))
        elif "properties" in option and isinstance(example, dict):
            for name, inner in option["properties"].items():
                if name in example:
                    yield from _places(inner, example[name], document, (*path, name))
        elif "items" in option and isinstance(example, list) and example:
            yield from _places(option["items"], example[0], document, (*path, 0))


def _form_fields(schema: Json, document: Json) -> Iterator[str]:
    for option in _alternatives(schema, document):
        for name, inner in option.get("properties", {}).items():
            if any(one.get("format") == "uuid" for one in _alternatives(inner.get("items", inner), document)):
                yield name


def _alternatives(schema: Json, document: Json) -> Iterator[Json]:
    if reference := schema.get("$ref"):
        yield from _alternatives(document["components"]["schemas"][reference.rpartition("/")[2]], document)
        return
    choices = [choice for key in ("oneOf", "anyOf", "allOf") for choice in schema.get(key, ())]
    for choice in choices:
        yield from _alternatives(choice, document)
    if not choices:
        yield schema
