"""What this service says of itself (RFC 7644 §4)."""

from collections.abc import Iterable
from typing import Any

from scim2_models import Context, Meta, Resource

from chatter.kit.errors import NotFound
from chatter.scim.resources import CONFIG, PROVIDER

__all__ = ["config", "resource_type", "resource_types", "schema", "schemas"]

_LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
Json = dict[str, Any]


def config(base_url: str) -> Json:
    return _told(CONFIG, "ServiceProviderConfig", f"{base_url}/ServiceProviderConfig")


def resource_types(base_url: str) -> Json:
    return _list(resource_type(base_url, str(one.name)) for one in PROVIDER.resource_types)


def resource_type(base_url: str, name: str) -> Json:
    """Raise NotFound for a kind that there is not."""
    found = next((one for one in PROVIDER.resource_types if one.name == name), None)
    if found is None:
        raise NotFound
    return _told(found, "ResourceType", f"{base_url}/ResourceTypes/{name}")


def schemas(base_url: str) -> Json:
    return _list(schema(base_url, str(one.id)) for one in PROVIDER.schemas)


def schema(base_url: str, urn: str) -> Json:
    """Raise NotFound for a schema that there is not."""
    found = next((one for one in PROVIDER.schemas if str(one.id).lower() == urn.lower()), None)
    if found is None:
        raise NotFound
    return _told(found, "Schema", f"{base_url}/Schemas/{found.id}")


def _told(resource: Resource[Any], kind: str, location: str) -> Json:
    shown = resource.model_copy(update={"meta": Meta(resource_type=kind, location=location)})
    told: Json = shown.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
    return told


def _list(resources: Iterable[Json]) -> Json:
    found = list(resources)
    counted = {"totalResults": len(found), "itemsPerPage": len(found), "startIndex": 1}
    return {"schemas": [_LIST], **counted, "Resources": found}
