"""A person's own passkeys: adding, naming and removing them."""

from uuid import UUID

from asyncpg import Record
from sqlalchemy import text

from chatter.audit.facade import record
from chatter.identity.challenges import VALID_FOR, Challenges
from chatter.identity.enrolled import FactorChange, enrolled
from chatter.identity.factor_errors import PasskeyInvalid, PasskeyKnown, PasskeyLimit, PasskeysUnavailable
from chatter.identity.factor_events import PasskeyRenamed
from chatter.identity.factor_schemas import (
    NewPasskeyOptions,
    Passkey,
    PasskeyAdded,
    PasskeyAlgorithm,
    PasskeyCreate,
    PasskeyDescriptor,
    PasskeyParty,
    PasskeyUpdate,
    PasskeyUser,
)
from chatter.identity.permissions import IdentityAction
from chatter.identity.webauthn_proofs import (
    ALGORITHMS,
    NewCredential,
    RelyingParty,
    as_base64url,
    challenge_of,
    proven_credential,
)
from chatter.kit.clock import Clock
from chatter.kit.db.database import Database
from chatter.kit.errors import NotFound
from chatter.kit.events import emit
from chatter.kit.identifiers import new_id
from chatter.kit.jobs import JobQueue
from chatter.kit.principal import Principal

__all__ = ["Passkeys", "passkeys_of"]

MOST = 20
_CREATE = text(
    "select passkey_create(:id, :user_id, :credential_id, :public_key, :sign_count, :transports, :backed_up, :name)"
)
_RENAME = text("select passkey_rename(:user_id, :id, :name)")
_DELETE = text("select passkey_delete(:user_id, :id)")


class Passkeys:
    """Opens its own units of work: what a browser sends is verified outside of any transaction."""

    def __init__(self, database: Database, clock: Clock, *, jobs: JobQueue, party: RelyingParty | None) -> None:
        self._database = database
        self._clock = clock
        self._jobs = jobs
        self._party = party
        self._challenges = Challenges(database, clock)

    async def options(self, principal: Principal) -> NewPasskeyOptions:
        """What the browser needs to make one; raises PasskeysUnavailable, PasskeyLimit."""
        party, rows = self._here(), await _rows_of(self._database, principal.user_id)
        if len(rows) >= MOST:
            raise PasskeyLimit(f"You have {MOST} passkeys.", remedy="Remove one that you don't use.")
        issued = await self._challenges.issue(
            "passkey_registration", browser=str(principal.session_id), user_id=principal.user_id
        )
        return NewPasskeyOptions(
            challenge=as_base64url(issued.token),
            rp=PasskeyParty(id=party.id, name="Chatter"),
            user=PasskeyUser(
                id=as_base64url(principal.user_id.bytes), name=principal.email, display_name=principal.name
            ),
            pub_key_cred_params=[PasskeyAlgorithm(alg=algorithm) for algorithm in ALGORITHMS],
            exclude_credentials=[
                PasskeyDescriptor(id=as_base64url(row["credential_id"]), transports=row["transports"]) for row in rows
            ],
            timeout=int(VALID_FOR.total_seconds() * 1000),
        )

    async def add(self, principal: Principal, data: PasskeyCreate) -> PasskeyAdded:
        """Keep what the browser made; raises PasskeyInvalid, PasskeyKnown, FactorNotShown."""
        credential = await self._proven(principal, data)
        before = await enrolled(self._database, principal.user_id)
        passkey = Passkey(
            id=new_id(),
            name=data.name.strip(),
            backed_up=credential.backed_up,
            created_at=self._clock.now(),
            last_used_at=None,
        )
        values = {
            "id": passkey.id,
            "user_id": principal.user_id,
            "transports": data.credential.response.transports,
            "name": passkey.name,
        }
        async with self._database.unit(principal.tenant_id) as session:
            change = FactorChange(session, principal, self._jobs, before=before)
            change.require_shown()
            if not await session.scalar(_CREATE, values | _columns(credential)):
                raise PasskeyKnown("This passkey was added already.", remedy="Look for it in your list.")
            codes = await change.added("passkey", IdentityAction.PASSKEY_ADDED, target=passkey.id)
        return PasskeyAdded(passkey=passkey, recovery_codes=codes)

    async def rename(self, principal: Principal, passkey_id: UUID, data: PasskeyUpdate) -> Passkey:
        """Raise NotFound for another person's, too."""
        name = data.name.strip()
        async with self._database.unit(principal.tenant_id) as session:
            values = {"user_id": principal.user_id, "id": passkey_id, "name": name}
            before = await session.scalar(_RENAME, values)
            if before is None:
                raise NotFound
            action, was = IdentityAction.PASSKEY_RENAMED, PasskeyUpdate(name=before)
            await record(session, principal, action, target=passkey_id, before=was, after=PasskeyUpdate(name=name))
            emit(session, PasskeyRenamed(user_id=principal.user_id, passkey_id=passkey_id))
        own = await passkeys_of(self._database, principal.user_id)
        return next(passkey for passkey in own if passkey.id == passkey_id)

    async def remove(self, principal: Principal, passkey_id: UUID) -> None:
        """Raise NotFound for another person's, too; FactorNotShown."""
        before = await enrolled(self._database, principal.user_id)
        async with self._database.unit(principal.tenant_id) as session:
            change = FactorChange(session, principal, self._jobs, before=before)
            if await session.scalar(_DELETE, {"user_id": principal.user_id, "id": passkey_id}) is None:
                raise NotFound
            change.require_shown()
            await change.removed("passkey", IdentityAction.PASSKEY_REMOVED, target=passkey_id)

    async def _proven(self, principal: Principal, data: PasskeyCreate) -> NewCredential:
        """Raise PasskeyInvalid. The challenge is used up first, whatever comes of the rest."""
        party, challenge = self._here(), challenge_of(data.credential.response.client_data_json)
        if challenge is None or not await self._challenges.take(
            "passkey_registration",
            token=challenge,
            browser=str(principal.session_id),
            user_id=principal.user_id,
        ):
            raise PasskeyInvalid
        credential = proven_credential(data.credential, challenge=challenge, party=party)
        if credential is None:
            raise PasskeyInvalid
        return credential

    def _here(self) -> RelyingParty:
        if self._party is None:
            raise PasskeysUnavailable
        return self._party


async def passkeys_of(database: Database, user_id: UUID) -> list[Passkey]:
    """A person's passkeys, the oldest first."""
    return [
        Passkey(
            id=row["id"],
            name=row["name"],
            backed_up=row["backed_up"],
            created_at=row["created_at"],
            last_used_at=row["last_used_at"],
        )
        for row in await _rows_of(database, user_id)
    ]


async def _rows_of(database: Database, user_id: UUID) -> list[Record]:
    return await database.hot.fetch("select * from passkeys_of($1)", user_id)


def _columns(credential: NewCredential) -> dict[str, object]:
    return {
        "credential_id": credential.credential_id,
        "public_key": credential.public_key,
        "sign_count": credential.sign_count,
        "backed_up": credential.backed_up,
    }
