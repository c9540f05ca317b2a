"""What is known about providers beforehand: addresses, the names of their keys, and the one that is built in."""

from collections.abc import Mapping
from uuid import UUID

from chatter.llm.ports import Prefill
from chatter.llm.schemas import ModelKind, ProviderPreset

__all__ = [
    "BUILT_IN_CONTEXT_TOKENS",
    "BUILT_IN_KIND",
    "BUILT_IN_MODEL_ID",
    "BUILT_IN_MODEL_LABEL",
    "BUILT_IN_MODEL_NAME",
    "BUILT_IN_NOTICE",
    "BUILT_IN_PROVIDER_ID",
    "BUILT_IN_PROVIDER_NAME",
    "EMBEDDING_DIMENSION",
    "EMBEDDING_MODEL_NAME",
    "ENVIRONMENT_KEYS",
    "OLLAMA_URL",
    "PREFILLS",
    "PRESETS",
    "PRESET_OF",
    "guess_kind",
]

BUILT_IN_PROVIDER_ID = UUID("00000000-0000-7000-8000-000000000001")
BUILT_IN_MODEL_ID = UUID("00000000-0000-7000-8000-000000000002")
BUILT_IN_KIND = "built_in"
BUILT_IN_PROVIDER_NAME = "Built-in small model"
BUILT_IN_MODEL_NAME = "smollm2-135m-instruct"
BUILT_IN_MODEL_LABEL = "Built-in small model (SmolLM2 135M)"
BUILT_IN_CONTEXT_TOKENS = 450
"""More makes it slow: it reads about 90 tokens a second on one core."""
BUILT_IN_NOTICE = (
    "This model runs on this server and needs no key. It is very small, reads English only, and is often wrong: "
    "trust the passages it cites rather than its words, and add a provider for real work."
)
EMBEDDING_MODEL_NAME = "all-minilm-l6-v2"
EMBEDDING_DIMENSION = 384
OLLAMA_URL = "http://127.0.0.1:11434/v1"

PRESETS: list[ProviderPreset] = [
    ProviderPreset(kind="openai", label="OpenAI", base_url="https://api.openai.com/v1", needs_key=True, example="sk-…"),
    ProviderPreset(
        kind="azure",
        label="Azure OpenAI",
        base_url=None,
        needs_key=True,
        example="https://your-resource.openai.azure.com",
    ),
    ProviderPreset(
        kind="anthropic",
        label="Anthropic",
        base_url="https://api.anthropic.com/v1",
        needs_key=True,
        example="sk-ant-…",
    ),
    ProviderPreset(
        kind="google",
        label="Google Gemini",
        base_url="https://generativelanguage.googleapis.com/v1beta",
        needs_key=True,
        example="AIza…",
    ),
    ProviderPreset(
        kind="bedrock",
        label="Amazon Bedrock",
        base_url="https://bedrock-runtime.us-east-1.amazonaws.com",
        needs_key=True,
        example="ACCESS-KEY-ID:SECRET",
    ),
    ProviderPreset(
        kind="mistral", label="Mistral", base_url="https://api.mistral.ai/v1", needs_key=True, example="your key"
    ),
    ProviderPreset(
        kind="groq", label="Groq", base_url="https://api.groq.com/openai/v1", needs_key=True, example="gsk_…"
    ),
    ProviderPreset(
        kind="openrouter",
        label="OpenRouter",
        base_url="https://openrouter.ai/api/v1",
        needs_key=True,
        example="sk-or-…",
    ),
    ProviderPreset(
        kind="together", label="Together", base_url="https://api.together.xyz/v1", needs_key=True, example="your key"
    ),
    ProviderPreset(
        kind="deepseek", label="DeepSeek", base_url="https://api.deepseek.com/v1", needs_key=True, example="sk-…"
    ),
    ProviderPreset(
        kind="vllm", label="vLLM", base_url=None, needs_key=False, example="https://vllm.example.org:8000/v1"
    ),
    ProviderPreset(
        kind="lmstudio", label="LM Studio", base_url=None, needs_key=False, example="http://192.168.1.20:1234/v1"
    ),
    ProviderPreset(kind="ollama", label="Ollama", base_url=OLLAMA_URL, needs_key=False, example=OLLAMA_URL),
    ProviderPreset(
        kind="custom", label="Other (OpenAI format)", base_url=None, needs_key=False, example="https://example.org/v1"
    ),
]
PRESET_OF = {preset.kind: preset for preset in PRESETS}

PREFILLS: Mapping[str, Prefill] = {"mistral": "prefix", "vllm": "flag"}
"""Who goes on with an answer that was cut, by their own documentation; whom it does not say it of is asked anew."""

ENVIRONMENT_KEYS = {
    "openai": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "google": "GEMINI_API_KEY",
    "mistral": "MISTRAL_API_KEY",
    "groq": "GROQ_API_KEY",
    "openrouter": "OPENROUTER_API_KEY",
    "together": "TOGETHER_API_KEY",
    "deepseek": "DEEPSEEK_API_KEY",
}
"""The names that the providers' own documentation gives."""

_OTHER = (
    "whisper", "tts", "dall-e", "moderation", "rerank", "audio", "image", "realtime", "transcribe", "ocr", "guard",
    "sora", "davinci", "babbage", "video", "flux",
)  # fmt: skip


def guess_kind(name: str) -> ModelKind:
    """What a model is for, by its name: a list of models does not say it."""
    lowered = name.lower()
    if "embed" in lowered or "minilm" in lowered or lowered.startswith(("bge-", "e5-", "gte-")):
        return "embedding"
    return "other" if any(word in lowered for word in _OTHER) else "chat"
