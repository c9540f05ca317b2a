"""What a model is asked with, as the log of a run keeps it: everything but the words."""

from collections.abc import Sequence

import msgspec

from chatter.chat.ports import Speaker
from chatter.chat.prompts import Prompt
from chatter.llm.facade import prompt_digest
from chatter.llm.ports import ToolSpec

__all__ = ["ModelCall", "asked_of"]


class ModelCall(msgspec.Struct, frozen=True, kw_only=True):
    """The value of the event `model_call`. The prompt is known by its digest: it quotes what may be hidden tomorrow."""

    model: str
    temperature: float
    max_tokens: int
    stop: tuple[str, ...]
    tools: tuple[str, ...]
    continues: bool
    messages: int
    prompt_digest: str


def asked_of(speaker: Speaker, prompt: Prompt, tools: Sequence[ToolSpec]) -> ModelCall:
    return ModelCall(
        model=speaker.label,
        temperature=prompt.temperature,
        max_tokens=prompt.max_tokens,
        stop=prompt.stop,
        tools=tuple(tool.name for tool in tools),
        continues=prompt.continues,
        messages=len(prompt.messages),
        prompt_digest=prompt_digest(prompt.messages),
    )
