"""Amazon's wire beside JSON: signatures that its own examples confirm, and frames that arrive in any pieces."""

import json
import zlib
from datetime import UTC, datetime

import pytest
from yarl import URL

from chatter.llm.adapters.aws_frames import EventFrames
from chatter.llm.adapters.aws_signing import AwsKey, signed_headers
from chatter.llm.adapters.sse import LineTooLong

EXAMPLE = AwsKey("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
THEN = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)


@pytest.mark.parametrize(
    ("method", "signature"),
    [
        ("GET", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    ],
)
def test_a_request_is_signed_as_in_the_published_examples(method: str, signature: str) -> None:
    url = URL("https://example.amazonaws.com/")
    headers = signed_headers(EXAMPLE, method=method, url=url, body=b"", region="us-east-1", service="service", now=THEN)
    assert headers["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={signature}"
    )


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("AKID:secret", AwsKey("AKID", "secret")),
        ("AKID:secret:token", AwsKey("AKID", "secret", "token")),
        ("bedrock-api-key-abc", None),
    ],
)
def test_a_key_is_a_pair_or_an_api_key(text: str, key: AwsKey | None) -> None:
    assert AwsKey.read(text) == key
    assert "secret" not in repr(key)


@pytest.mark.parametrize("size", [1, 2, 7, 12, 1000])
def test_frames_are_read_whatever_pieces_they_come_in(size: int) -> None:
    stream = frame("messageStart", {"role": "assistant"}) + frame("contentBlockDelta", {"delta": {"text": "é"}})
    frames = EventFrames()
    found = [event for at in range(0, len(stream), size) for event in frames.feed(stream[at : at + size])]
    assert [json.loads(event) for event in found] == [
        {"messageStart": {"role": "assistant"}},
        {"contentBlockDelta": {"delta": {"text": "é"}}},
    ]


def test_an_exception_is_told_from_an_event() -> None:
    [event] = EventFrames().feed(frame("throttlingException", {"message": "later"}, kind="exception"))
    assert json.loads(event) == {"exception": {"message": "later"}}


@pytest.mark.parametrize("at", [0, 5, 10, 20, -1])
def test_a_bit_that_flipped_is_noticed(at: int) -> None:
    broken = bytearray(frame("messageStart", {"role": "assistant"}))
    broken[at] ^= 0x40
    with pytest.raises(LineTooLong):
        EventFrames().feed(bytes(broken) + bytes(100))


def test_what_came_before_a_broken_frame_is_passed_on_first() -> None:
    words = frame("contentBlockDelta", {"delta": {"text": "Once"}})
    frames = EventFrames()
    assert len(frames.feed(words + bytes(100))) == 1
    with pytest.raises(LineTooLong):
        frames.end()


def frame(event: str, payload: object, *, kind: str = "event") -> bytes:
    """One message as Amazon sends it."""
    body = json.dumps(payload).encode()
    headers = b"".join(
        bytes([len(name)]) + name + b"\x07" + len(value).to_bytes(2) + value
        for name, value in ((b":event-type", event.encode()), (b":message-type", kind.encode()))
    )
    prelude = (16 + len(headers) + len(body)).to_bytes(4) + len(headers).to_bytes(4)
    message = prelude + zlib.crc32(prelude).to_bytes(4) + headers + body
    return message + zlib.crc32(message).to_bytes(4)
