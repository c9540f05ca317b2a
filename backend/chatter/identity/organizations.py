"""A further organisation of a person, and the steps of an organisation that are hard to undo."""

from msgspec import structs

from chatter.identity.errors import NameDiffers, OrganizationsClosed
from chatter.identity.schemas import OrganizationChoice, OrganizationCreate, OrganizationDeletion, OwnershipTransfer
from chatter.identity.sessions import organizations_of
from chatter.kit.clock import Clock
from chatter.kit.db.database import Database
from chatter.kit.identifiers import TenantId, new_id
from chatter.kit.principal import Principal
from chatter.kit.settings import Settings
from chatter.tenancy.facade import Closing, TenancyService, as_state
from chatter.tenancy.schemas import Member, Organization

__all__ = ["Organizations"]


class Organizations:
    """Opens its own units of work."""

    def __init__(self, database: Database, settings: Settings, clock: Clock) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock

    @property
    def open(self) -> bool:
        """Whether people may create further organisations."""
        return self._settings.sign_up_open or self._settings.further_organizations

    async def of(self, principal: Principal) -> list[OrganizationChoice]:
        """Every organisation that this sign-in opens, closed ones included, in the order in which they joined."""
        if principal.kind == "operator":
            return [_visited(principal)]
        own = await organizations_of(self._database, principal.user_id)
        return [one for one in own if one.id == principal.tenant_id] if principal.bound else own

    async def create(self, principal: Principal, data: OrganizationCreate) -> OrganizationChoice:
        """Make an organisation owned by the principal; raises OrganizationsClosed."""
        if not self.open:
            raise OrganizationsClosed(
                "On this server only the operator creates organisations.",
                remedy="Ask the operator, who can open it with CHATTER_FURTHER_ORGANIZATIONS.",
            )
        owner = structs.replace(
            principal, tenant_id=TenantId(new_id()), role="owner", organization_name=data.name.strip()
        )
        async with self._database.unit(owner.tenant_id) as session:
            await TenancyService(session).create(owner)
        return OrganizationChoice(id=owner.tenant_id, name=owner.organization_name, role="owner", state="active")

    async def transfer_ownership(self, principal: Principal, data: OwnershipTransfer) -> Member:
        """Raise SuccessorUnfit; the transfer takes effect at once."""
        async with self._database.unit(principal.tenant_id) as session:
            return await TenancyService(session).transfer_ownership(principal, user_id=data.user_id)

    async def request_deletion(self, principal: Principal, data: OrganizationDeletion) -> Organization:
        """Close the organisation, and delete it after the grace period; raises NameDiffers."""
        if data.name.strip() != principal.organization_name:
            raise NameDiffers(
                "That is not the name of this organisation.", remedy=f"Type {principal.organization_name!r}."
            )
        async with self._database.unit(principal.tenant_id) as session:
            await Closing(session).request_deletion(principal, now=self._clock.now())
            return await TenancyService(session).organization(principal)

    async def restore(self, principal: Principal) -> Organization:
        """Undo the deletion within the grace period; raises NotDeleting, OrganizationSuspended."""
        async with self._database.unit(principal.tenant_id) as session:
            await Closing(session).restore(principal, now=self._clock.now())
            return await TenancyService(session).organization(principal)


def _visited(operator: Principal) -> OrganizationChoice:
    """The one organisation that a visit is to."""
    return OrganizationChoice(
        id=operator.tenant_id,
        name=operator.organization_name,
        role=operator.role,
        state=as_state(operator.organization_state),
    )
