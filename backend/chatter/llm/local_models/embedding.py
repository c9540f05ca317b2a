"""all-MiniLM-L6-v2 (int8 ONNX): texts to 384 numbers of length one."""

from dataclasses import dataclass

import numpy as np
import onnxruntime  # type: ignore[import-untyped]  # ships no types
from numpy.typing import NDArray
from tokenizers import Tokenizer

from chatter.llm.local_models.weights import Weights

__all__ = ["MAX_TOKENS", "EmbeddingModel", "TokenisedText"]

MAX_TOKENS = 256
"""What the model was trained on; a longer text is cut, and the usage counts only what was read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenisedText:
    """One text as the model reads it; `position` is its place in the request."""

    position: int
    tokens: list[int]


class EmbeddingModel:
    """Mean pooling over the last hidden state, then L2 normalisation. Safe to call from several threads.

    One thread for each call: batching gains nothing on a CPU (1,750 tokens a CPU second for a batch of 1 as of 16), so
    small batches cost no throughput, keep memory at 270 MB instead of 870, and let a query slip in between.
    """

    def __init__(self, weights: Weights) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            str(weights.embedding), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer: Tokenizer = Tokenizer.from_file(str(weights.tokenizer))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()

    def tokenise(self, texts: list[str]) -> list[TokenisedText]:
        """The texts in the model's tokens, each cut at MAX_TOKENS."""
        encodings = self._tokenizer.encode_batch(texts)
        return [TokenisedText(position=n, tokens=encoding.ids) for n, encoding in enumerate(encodings)]

    def embed(self, texts: list[TokenisedText]) -> NDArray[np.float32]:
        """A row of 384 numbers for each text, in the given order."""
        width = max(len(text.tokens) for text in texts)
        ids = np.zeros((len(texts), width), dtype=np.int64)
        mask = np.zeros((len(texts), width), dtype=np.int64)
        for row, text in enumerate(texts):
            ids[row, : len(text.tokens)] = text.tokens
            mask[row, : len(text.tokens)] = 1
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        hidden: NDArray[np.float32] = np.asarray(self._session.run(None, inputs)[0], dtype=np.float32)
        return _normalised_mean(hidden, mask)


def _normalised_mean(hidden: NDArray[np.float32], mask: NDArray[np.int64]) -> NDArray[np.float32]:
    weights = mask[:, :, None].astype(np.float32)
    mean = (hidden * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1.0)
    length = np.linalg.norm(mean, axis=1, keepdims=True)
    return np.asarray(mean / np.maximum(length, 1e-12), dtype=np.float32)
