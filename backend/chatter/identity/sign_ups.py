"""Signing up, in two steps: whoever reads the mails of the address finishes. Nothing tells whether anybody has it."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from chatter.audit.facade import record
from chatter.identity.errors import EmailTaken, SignUpClosed, SignUpInvalid
from chatter.identity.mail_links import SIGN_UP, link_id, link_token
from chatter.identity.mailboxes import join_by_domain, note_proof
from chatter.identity.methods import SignInMethod
from chatter.identity.password_rules import require_hard_to_guess
from chatter.identity.passwords import hash_password
from chatter.identity.permissions import IdentityAction
from chatter.identity.schemas import Profile, SessionStarted, SignUp, SignUpAsked, SignUpFinish
from chatter.identity.service import IdentityService
from chatter.kit.identifiers import TenantId, UserId, new_id
from chatter.kit.principal import Principal
from chatter.kit.services import Services
from chatter.tenancy.facade import TenancyService

__all__ = ["SignUps", "forget_sign_ups"]

VALID_FOR = timedelta(days=1)
_USED = text("select sign_up_used(:link)")


class SignUps:
    """Opens its own units of work: nobody is signed in."""

    def __init__(self, identity: IdentityService) -> None:
        self._identity = identity
        self._database = identity.database
        self._settings = identity.settings

    async def request(self, data: SignUp) -> SignUpAsked:
        """Have a mail sent: a link to a new address, and a word to one that is known; raises SignUpClosed.

        The very first person has no mail server yet, and is asked for no mailbox: the answer holds what the link would.
        """
        first = await self._is_open()
        asked = new_id()
        await self._database.hot.execute(
            "select sign_up_request($1, $2, $3, $4, $5, $6)",
            *(asked, data.email, data.name.strip(), data.organization_name.strip()),
            *(self._identity.clock.now() + VALID_FOR, not first),
        )
        token = link_token(self._settings.secret_key, purpose=SIGN_UP, link=asked) if first else None
        return SignUpAsked(id=asked, token=token)

    async def finish(self, data: SignUpFinish, *, user_agent: str) -> SessionStarted:
        """Make the person and the organisation; raises SignUpInvalid, SignUpClosed.

        PasswordGuessable leaves the link as it is.
        """
        link = link_id(self._settings.secret_keys, purpose=SIGN_UP, token=data.token)
        row = await self._database.hot.fetchrow("select * from sign_up_opened($1)", link) if link else None
        if link is None or row is None:
            raise SignUpInvalid
        if not await self._is_open() and not row["mailed"]:  # somebody else was the first person meanwhile
            raise SignUpInvalid
        about = (row["name"], row["email"].partition("@")[0], row["organization_name"])
        require_hard_to_guess(data.password, about=about)
        password_hash = await hash_password(data.password)
        person = Principal(
            tenant_id=TenantId(new_id()),
            user_id=UserId(new_id()),
            session_id=new_id(),
            role="owner",
            email=row["email"],
            name=row["name"],
            organization_name=row["organization_name"],
        )
        proven = row["mailed"] and self._settings.smtp_url is not None
        await self._make(person, link=link, password_hash=password_hash, proven=proven)
        if proven:
            await join_by_domain(self._database, user_id=person.user_id, email=person.email)
        profile = Profile(id=person.user_id, email=person.email, name=person.name)
        return await self._identity.started(profile, user_agent=user_agent, methods=(SignInMethod.PASSWORD,))

    async def _make(self, person: Principal, *, link: UUID, password_hash: str, proven: bool) -> None:
        async with self._database.unit(person.tenant_id) as session:
            if not await session.scalar(_USED, {"link": link}):
                raise SignUpInvalid
            user_id, email, name = person.user_id, person.email, person.name
            try:
                await self._identity.create_user(
                    session, user_id=user_id, email=email, name=name, password_hash=password_hash
                )
            except EmailTaken as error:  # by another link, or an invitation, meanwhile
                raise SignUpInvalid from error
            await TenancyService(session).create(person)
            await record(session, person, IdentityAction.SIGNED_UP, target=person.user_id)
            if proven:
                await note_proof(session, user_id=person.user_id, email=person.email)

    async def _is_open(self) -> bool:
        """Whether nobody is here yet; raises SignUpClosed when somebody is and strangers may not sign up."""
        setup = await self._identity.setup()
        if not setup.sign_up_open:
            raise SignUpClosed("Somebody has set this server up already.", remedy="Ask an administrator to invite you.")
        return setup.first_person


async def forget_sign_ups(services: Services) -> None:
    """Keep no address of somebody who never came."""
    await services.database.hot.execute("select sign_ups_forget()")
