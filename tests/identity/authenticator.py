"""An authenticator and a browser in software, which can be told to lie about each thing that they say."""

import base64
import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

__all__ = ["BACKED_UP", "BACKUP_ELIGIBLE", "PRESENT", "VERIFIED", "Authenticator", "b64", "unb64"]

Json = dict[str, Any]
PRESENT, VERIFIED, BACKUP_ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40


@dataclass
class Authenticator:
    """One passkey. Each attribute is what an honest one says; a test changes the one that it forges."""

    origin: str
    rp_id: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))
    user_handle: bytes = b""
    sign_count: int = 0
    counts: bool = True
    flags: int = PRESENT | VERIFIED
    cross_origin: bool = False

    def create(self, options: Json, **client_data: Any) -> Json:
        """What `navigator.credentials.create` gives for these options."""
        self.user_handle = unb64(options["user"]["id"])
        data = self._authenticator_data(self.flags | ATTESTED) + bytes(16)
        data += len(self.credential_id).to_bytes(2, "big") + self.credential_id + self._public_key()
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        said = self._client_data("webauthn.create", options, client_data)
        response = {"clientDataJSON": b64(said), "attestationObject": b64(attestation), "transports": ["internal"]}
        return self._credential(response)

    def get(self, options: Json, **client_data: Any) -> Json:
        """What `navigator.credentials.get` gives for these options."""
        self.sign_count += 1 if self.counts else 0
        data = self._authenticator_data(self.flags)
        said = self._client_data("webauthn.get", options, client_data)
        signature = self.key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(hashes.SHA256()))
        return self._credential(
            {
                "clientDataJSON": b64(said),
                "authenticatorData": b64(data),
                "signature": b64(signature),
                "userHandle": b64(self.user_handle),
            }
        )

    def _credential(self, response: Json) -> Json:
        own = b64(self.credential_id)
        return {"id": own, "rawId": own, "type": "public-key", "response": response}

    def _client_data(self, kind: str, options: Json, forged: Json) -> bytes:
        honest = {"type": kind, "challenge": options["challenge"], "origin": self.origin}
        return json.dumps(honest | {"crossOrigin": self.cross_origin} | forged).encode()

    def _authenticator_data(self, flags: int) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.sign_count.to_bytes(4, "big")

    def _public_key(self) -> bytes:
        numbers = self.key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})


def b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
