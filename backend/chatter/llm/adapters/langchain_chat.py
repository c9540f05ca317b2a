"""The light chat model as LangChain and LangGraph see it."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any, Literal

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.chat_models import agenerate_from_stream
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import ConfigDict

from chatter.llm.ports import ChatCall, ChatDelta, ChatMessage, ChatTarget, ChatWire

__all__ = ["WireChatModel"]


class WireChatModel(BaseChatModel):
    """A BaseChatModel over any ChatWire: asynchronous only, text only."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    wire: Any
    """A ChatWire; pydantic can't check protocols."""
    target: ChatTarget
    max_tokens: int = 1024
    temperature: float = 0.0

    @property
    def _llm_type(self) -> str:
        return "chatter"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model": self.target.model, "provider": self.target.provider}

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **_: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        async with aclosing(self._deltas(messages, stop=stop or [])) as deltas:
            async for delta in deltas:
                chunk = ChatGenerationChunk(message=_message(delta), generation_info=_info(delta))
                if run_manager is not None and delta.text:
                    await run_manager.on_llm_new_token(delta.text, chunk=chunk)
                yield chunk

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **_: Any,
    ) -> ChatResult:
        return await agenerate_from_stream(self._astream(messages, stop=stop, run_manager=run_manager))

    def _generate(self, *_: Any, **__: Any) -> ChatResult:
        raise TypeError("This model is asynchronous: use ainvoke or astream.")

    def _deltas(self, messages: list[BaseMessage], *, stop: Sequence[str]) -> AsyncGenerator[ChatDelta, None]:
        wire: ChatWire = self.wire
        return wire.stream_chat(
            ChatCall(
                target=self.target,
                messages=[ChatMessage(_role(message), str(message.text)) for message in messages],
                max_tokens=self.max_tokens,
                temperature=self.temperature,
                stop=tuple(stop),
            )
        )


def _role(message: BaseMessage) -> Literal["system", "user", "assistant"]:
    if isinstance(message, SystemMessage):
        return "system"
    if isinstance(message, HumanMessage):
        return "user"
    if isinstance(message, AIMessage):
        return "assistant"
    raise TypeError(f"{type(message).__name__} can't be sent to this model")


def _message(delta: ChatDelta) -> AIMessageChunk:
    if delta.usage is None:
        return AIMessageChunk(content=delta.text)
    read, written = delta.usage.input_tokens, delta.usage.output_tokens
    usage = UsageMetadata(input_tokens=read, output_tokens=written, total_tokens=read + written)
    return AIMessageChunk(content=delta.text, usage_metadata=usage)


def _info(delta: ChatDelta) -> dict[str, str] | None:
    return {"finish_reason": delta.finish_reason} if delta.finish_reason else None
