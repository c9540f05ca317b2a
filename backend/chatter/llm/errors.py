"""What goes wrong with models and their providers.

UpstreamFailed
└── ProviderFault            a provider did not do what it was asked
    ├── ProviderUnreachable  no connection
    │   └── ProviderHungUp   a connection that was closed before an answer
    ├── ProviderTimedOut     nothing came for too long
    ├── ProviderKeyRefused   401, 403
    ├── ProviderModelUnknown 404
    ├── ProviderBusy         429
    ├── ProviderBroken       5xx, or an error inside the stream
    ├── ProviderRefused      any other refusal
    ├── ProviderIncoherent   an answer that can't be read
    └── UpstreamCutShort     the answer stopped before its end
"""

from typing import ClassVar

from chatter.kit.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable, UpstreamFailed

__all__ = [
    "AudienceInvalid",
    "LocalModelsAway",
    "ModelInUse",
    "ModelNameTaken",
    "ModelNotAllowed",
    "ModelNotChoosable",
    "ModelNotFound",
    "OfferGone",
    "ProviderBroken",
    "ProviderBuiltIn",
    "ProviderBusy",
    "ProviderFault",
    "ProviderHungUp",
    "ProviderIncoherent",
    "ProviderInvalid",
    "ProviderKeyRefused",
    "ProviderModelUnknown",
    "ProviderNameTaken",
    "ProviderNotFound",
    "ProviderRefused",
    "ProviderTimedOut",
    "ProviderUnreachable",
    "UpstreamCutShort",
]


class ProviderFault(UpstreamFailed):
    """A provider did not do what it was asked."""

    code: ClassVar[str] = "provider_fault"
    title: ClassVar[str] = "The model's provider failed"


class ProviderUnreachable(ProviderFault):
    code, title = "provider_unreachable", "The model's provider can't be reached"


class ProviderHungUp(ProviderUnreachable):
    """Before a word came. Often a connection that it has kept open for too long, so another call goes well."""


class ProviderTimedOut(ProviderFault):
    code, status, title = "provider_timed_out", 504, "The model's provider went silent"


class ProviderKeyRefused(ProviderFault):
    code, title, retryable = "provider_key_refused", "The provider refused the key", False


class ProviderModelUnknown(ProviderFault):
    code, title, retryable = "provider_model_unknown", "The provider does not have this model", False


class ProviderBusy(ProviderFault):
    code, status, title = "provider_busy", 503, "The provider asks us to wait"


class ProviderBroken(ProviderFault):
    code, title = "provider_broken", "The provider had an error of its own"


class ProviderRefused(ProviderFault):
    code, title, retryable = "provider_refused", "The provider refused the request", False


class ProviderIncoherent(ProviderFault):
    code, title = "provider_incoherent", "The provider's answer can't be read"


class UpstreamCutShort(ProviderFault):
    """The text that arrived is a fragment: never store or bill it as an answer."""

    code, title = "provider_cut_short", "The answer was cut off"


class LocalModelsAway(Unavailable):
    code, title = "local_models_away", "The built-in models are not running"


class ProviderNotFound(NotFound):
    code: ClassVar[str] = "provider_not_found"


class ModelNotFound(NotFound):
    code: ClassVar[str] = "model_not_found"


class ModelNotAllowed(Forbidden):
    code, title = "model_not_allowed", "You may not use this model"


class AudienceInvalid(Invalid):
    code, title = "model_audience_invalid", "Nobody could use the model"


class OfferGone(NotFound):
    code: ClassVar[str] = "offer_gone"


class ProviderInvalid(Invalid):
    code, title = "provider_invalid", "The provider's settings make no sense"


class ProviderNameTaken(Conflict):
    code, title = "provider_name_taken", "There is a provider of this name already"


class ProviderBuiltIn(Conflict):
    code, title = "provider_built_in", "The built-in provider can't be changed"


class ModelNameTaken(Conflict):
    code, title = "model_name_taken", "The provider has a model of this name already"


class ModelInUse(Conflict):
    code, title = "model_in_use", "The model is in use"


class ModelNotChoosable(Conflict):
    code, title = "model_not_choosable", "This model can't be chosen"
