"""Writes backend/chatter/llm/catalog.json anew from litellm's list of models (MIT), which names its sources.

    python .ci/catalog.py model_prices_and_context_window_backup.json --release 1.110.2 --taken 2026-11-26

A price that changed is added to those before it, so that what was used earlier keeps the price of its day.
"""

import argparse
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

_CATALOG = Path(__file__).parent.parent / "backend" / "chatter" / "llm" / "catalog.json"
_KINDS = {
    "openai": "openai",
    "azure": "azure",
    "anthropic": "anthropic",
    "gemini": "google",
    "bedrock": "bedrock",
    "bedrock_converse": "bedrock",
    "mistral": "mistral",
    "groq": "groq",
    "openrouter": "openrouter",
    "together_ai": "together",
    "deepseek": "deepseek",
}
_PREFIXES = ("azure/", "gemini/", "mistral/", "groq/", "openrouter/", "together_ai/", "deepseek/", "bedrock/")
_FLAGS = {
    "vision": ("supports_vision",),
    "tools": ("supports_function_calling",),
    "structured_output": ("supports_response_schema", "supports_native_structured_output"),
    "reasoning": ("supports_reasoning",),
    "prefill": ("supports_assistant_prefill",),
}
_PRICES = {
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "cached": "cache_read_input_token_cost",
}


def main() -> None:
    """Read the list, keep what our kinds of providers have, and write one model a line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("source", type=Path)
    parser.add_argument("--release", required=True)
    parser.add_argument("--taken", required=True)
    given = parser.parse_args()
    before = {(entry["kind"], entry["name"]): entry for entry in _known()}
    entries = {}
    for name, facts in json.loads(given.source.read_text()).items():
        entry = _entry(name, facts, taken=given.taken)
        if entry is not None:
            key = (entry["kind"], entry["name"])
            entries.setdefault(key, _with_earlier(entry, before.get(key)))
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for _, entry in sorted(entries.items()))
    head = {"source": f"litellm {given.release}, model_prices_and_context_window_backup.json", "licence": "MIT"}
    text = json.dumps(head | {"taken": given.taken})[:-1] + ', "models": [\n' + lines + "\n]}\n"
    _CATALOG.write_text(text)
    print(f"{len(entries)} models")


def _known() -> list[dict[str, Any]]:
    return list(json.loads(_CATALOG.read_text())["models"]) if _CATALOG.exists() else []


def _entry(name: str, facts: dict[str, Any], *, taken: str) -> dict[str, Any] | None:
    kind, mode = _KINDS.get(facts.get("litellm_provider", "")), facts.get("mode")
    if kind is None or mode not in ("chat", "responses", "embedding") or "input_cost_per_token" not in facts:
        return None
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    entry: dict[str, Any] = {"kind": kind, "name": name, "mode": "embedding" if mode == "embedding" else "chat"}
    entry["context_tokens"] = facts.get("max_input_tokens")
    for flag, keys in _FLAGS.items():
        if any(facts.get(key) for key in keys):
            entry[flag] = True
    price = {word: _per_million(facts[key]) for word, key in _PRICES.items() if facts.get(key) is not None}
    entry["prices"] = [{"valid_from": taken, **price}]
    if facts.get("deprecation_date"):
        entry["ends"] = facts["deprecation_date"]
    return entry


def _with_earlier(entry: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any]:
    if before is None:
        return entry
    latest, earlier = entry["prices"][0], before["prices"]
    same = {**earlier[-1], "valid_from": latest["valid_from"]} == latest
    return entry | {"prices": earlier if same else [*earlier, latest]}


def _per_million(price: float) -> str:
    return format((Decimal(str(price)) * 1_000_000).normalize(), "f")


if __name__ == "__main__":
    main()
