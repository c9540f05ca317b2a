"""The proof that somebody reads the mails of their address, and what it opens: organisations that own its domain.

Without a mail server nothing is proven: whoever reads the folder of kept mails would pass for everybody.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.audit.facade import record
from chatter.identity.errors import MailboxUnprovable, ProofInvalid
from chatter.identity.events import EmailProofRequested, EmailProven
from chatter.identity.permissions import IdentityAction
from chatter.identity.schemas import MailboxProof, MailboxProven, OrganizationChoice
from chatter.kit.clock import Clock
from chatter.kit.crypto import derive
from chatter.kit.db.database import Database
from chatter.kit.events import emit
from chatter.kit.identifiers import TenantId, UserId
from chatter.kit.jobs import JobContext, JobKind, JobQueue
from chatter.kit.mail import Mail
from chatter.kit.principal import Principal
from chatter.kit.settings import Settings
from chatter.tenancy.facade import TenancyService

__all__ = ["SEND_PROOF", "Claim", "Mailboxes", "SendProof", "join_by_domain", "note_proof", "sealed"]

VALID_FOR = timedelta(days=1)

_TEXT = """Open this link to confirm that this address is yours. It works for a day:

{link}

If you did not ask for this, ignore this mail.
"""


class SendProof(msgspec.Struct, kw_only=True, frozen=True):
    user_id: UUID
    email: str


class Claim(msgspec.Struct, kw_only=True, frozen=True):
    """What a link says; signed, so that nothing has to be stored."""

    tenant_id: UUID
    user_id: UUID
    email: str
    until: datetime


class Mailboxes:
    """Opens its own units of work: the link is followed without a session."""

    def __init__(self, database: Database, settings: Settings, clock: Clock, *, jobs: JobQueue) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock
        self._jobs = jobs

    async def standing(self, principal: Principal) -> Literal["proven", "open", "unavailable"]:
        """Whether the person's address is proven, could be, or can not be for want of a mail server."""
        if await self._database.hot.fetchval("select user_email_proven($1)", principal.user_id):
            return "proven"
        return "open" if self._settings.smtp_url else "unavailable"

    async def request(self, principal: Principal) -> None:
        """Send the link; raises MailboxUnprovable where no mail server takes mails to their readers."""
        if not self._settings.smtp_url:
            raise MailboxUnprovable(
                "This server has no mail server, so that nothing could be proven.", remedy="Ask the operator."
            )
        async with self._database.unit(principal.tenant_id) as session:
            payload = SendProof(user_id=principal.user_id, email=principal.email)
            await self._jobs.enqueue(session, SEND_PROOF, payload, subject=principal.user_id)
            await record(session, principal, IdentityAction.EMAIL_PROOF_SENT, target=principal.user_id)
            emit(session, EmailProofRequested(user_id=principal.user_id))

    async def prove(self, data: MailboxProof) -> MailboxProven:
        """Note the proof, and join what the domain opens; raises ProofInvalid."""
        claim = _opened(self._settings.secret_keys, data.token)
        if claim is None or claim.until <= self._clock.now():
            raise ProofInvalid
        async with self._database.unit(claim.tenant_id) as session:
            if not await note_proof(session, user_id=claim.user_id, email=claim.email):
                raise ProofInvalid
            person = _person(claim.tenant_id, user_id=claim.user_id, email=claim.email, role="member")
            await record(session, person, IdentityAction.EMAIL_PROVEN, target=claim.user_id)
            emit(session, EmailProven(user_id=claim.user_id))
        joined = await join_by_domain(self._database, user_id=claim.user_id, email=claim.email)
        return MailboxProven(email=claim.email, joined=joined)


async def note_proof(session: AsyncSession, *, user_id: UUID, email: str) -> bool:
    """Remember that a link was followed which a mail server took to this address; False when it is not theirs."""
    proven = text("select user_prove_email(:id, :email)")
    return bool(await session.scalar(proven, {"id": user_id, "email": email}))


async def join_by_domain(database: Database, *, user_id: UUID, email: str) -> list[OrganizationChoice]:
    """Join each organisation that has proven the domain of this proven address and lets its people in."""
    joined = []
    for row in await database.hot.fetch("select * from auto_joins_of($1)", user_id):
        role = row["role"]
        async with database.unit(row["tenant_id"]) as session:
            person = _person(row["tenant_id"], user_id=user_id, email=email, role=role)
            await TenancyService(session).join_by_domain(person, role=role)
        name = row["organization_name"]
        joined.append(OrganizationChoice(id=row["tenant_id"], name=name, role=role, state="active"))
    return joined


def _person(tenant_id: UUID, *, user_id: UUID, email: str, role: str) -> Principal:
    """The person as the audit log knows them; there may be no session."""
    return Principal(
        tenant_id=TenantId(tenant_id),
        user_id=UserId(user_id),
        session_id=UUID(int=0),
        role=role,
        email=email,
        name="",
        organization_name="",
    )


async def _send(context: JobContext, payload: SendProof) -> None:
    settings, now = context.services.settings, context.services.clock.now()
    claim = Claim(tenant_id=context.tenant_id, user_id=payload.user_id, email=payload.email, until=now + VALID_FOR)
    link = f"{settings.address}/prove#{sealed(settings.secret_key, claim)}"
    mail = Mail(
        tenant_id=context.tenant_id,
        id=context.job_id,
        to=payload.email,
        subject="Confirm your address",
        text=_TEXT.format(link=link),
        at=now,
    )
    await context.services.mailer.send(mail)


def sealed(secret_key: str, claim: Claim) -> str:
    """The token of a link."""
    body = msgspec.json.encode(claim)
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (body, _mac(secret_key, body)))


def _opened(secret_keys: Sequence[str], token: str) -> Claim | None:
    try:
        body, mac = (base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split("."))
        if not any(hmac.compare_digest(mac, _mac(key, body)) for key in secret_keys):
            return None
        return msgspec.json.decode(body, type=Claim)
    except (ValueError, msgspec.DecodeError):
        return None


def _mac(secret_key: str, body: bytes) -> bytes:
    return hmac.digest(derive(secret_key, purpose="mailbox"), body, hashlib.sha256)


SEND_PROOF = JobKind(name="identity.send_proof", payload=SendProof, handle=_send, max_attempts=8)
