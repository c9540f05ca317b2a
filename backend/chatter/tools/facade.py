"""What other domains may ask of tools."""

from chatter.tools.errors import OutcomeUnknown
from chatter.tools.ports import CallContext
from chatter.tools.toolbox import Outcome, Toolbox

__all__ = ["CallContext", "Outcome", "OutcomeUnknown", "Toolbox"]
