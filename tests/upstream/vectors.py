"""Deterministic embeddings: a bag of hashed words, so that texts which share words are near each other."""

import base64
import re
from functools import lru_cache
from hashlib import blake2b

import msgspec
import numpy as np
from numpy.typing import NDArray

from tests.upstream.wire import json_response

__all__ = ["DIMENSION", "EmbeddingRequest", "embed", "embedding_response"]

DIMENSION = 384


class EmbeddingRequest(msgspec.Struct):
    """POST /v1/embeddings."""

    model: str
    input: str | list[str]
    encoding_format: str = "float"


def embed(text: str) -> NDArray[np.float32]:
    """One vector of length one."""
    vector = np.zeros(DIMENSION, dtype=np.float32)
    for word in re.findall(r"\w+", text.lower()):
        vector += _word(word)
    return np.asarray(vector / (np.linalg.norm(vector) or 1.0), dtype=np.float32)


def embedding_response(request: EmbeddingRequest) -> bytes:
    """The whole HTTP response."""
    texts = [request.input] if isinstance(request.input, str) else request.input
    vectors = [embed(text) for text in texts]
    encoded = (
        [base64.b64encode(vector.tobytes()).decode() for vector in vectors]
        if request.encoding_format == "base64"
        else [vector.tolist() for vector in vectors]
    )
    words = sum(len(text.split()) for text in texts)
    return json_response(
        {
            "object": "list",
            "model": request.model,
            "data": [{"object": "embedding", "index": n, "embedding": vector} for n, vector in enumerate(encoded)],
            "usage": {"prompt_tokens": words, "total_tokens": words},
        }
    )


@lru_cache(maxsize=50_000)
def _word(word: str) -> NDArray[np.float32]:
    seed = int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "little")
    return np.random.default_rng(seed).standard_normal(DIMENSION, dtype=np.float32)
