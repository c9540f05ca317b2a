"""Secrets at rest."""

from uuid import uuid4

import pytest

from chatter.kit.crypto import SecretBox, SecretUnreadable, derive

BOX = SecretBox("a" * 32)


def test_a_sealed_secret_opens_for_its_tenant() -> None:
    tenant_id = uuid4()
    assert BOX.open(BOX.seal("sk-123", tenant_id=tenant_id), tenant_id=tenant_id) == "sk-123"


def test_it_does_not_open_for_another_tenant() -> None:
    sealed = BOX.seal("sk-123", tenant_id=uuid4())
    with pytest.raises(SecretUnreadable):
        BOX.open(sealed, tenant_id=uuid4())


def test_it_does_not_open_with_another_key() -> None:
    tenant_id = uuid4()
    sealed = BOX.seal("sk-123", tenant_id=tenant_id)
    with pytest.raises(SecretUnreadable):
        SecretBox("b" * 32).open(sealed, tenant_id=tenant_id)


def test_a_flipped_bit_is_noticed() -> None:
    tenant_id = uuid4()
    sealed = bytearray(BOX.seal("sk-123", tenant_id=tenant_id))
    sealed[-1] ^= 1
    with pytest.raises(SecretUnreadable):
        BOX.open(bytes(sealed), tenant_id=tenant_id)


def test_the_same_secret_never_looks_the_same_twice() -> None:
    tenant_id = uuid4()
    assert BOX.seal("sk-123", tenant_id=tenant_id) != BOX.seal("sk-123", tenant_id=tenant_id)


def test_each_purpose_has_a_key_of_its_own() -> None:
    assert derive("a" * 32, purpose="one") != derive("a" * 32, purpose="two")
