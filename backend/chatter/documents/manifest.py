"""The documents domain, as the registry sees it."""

from litestar.di import Provide
from sqlalchemy.ext.asyncio import AsyncSession

from chatter.documents.adapters.reader_pool import ReaderPool
from chatter.documents.belongings import CollectionBelongings, DocumentBelongings
from chatter.documents.collection_controllers import CollectionController, MoveController
from chatter.documents.collections import CollectionService
from chatter.documents.controllers import DocumentController, SearchController
from chatter.documents.jobs import ERASE, INGEST
from chatter.documents.models import Collection, Document, DocumentVersion
from chatter.documents.permissions import OPERATOR_PERMISSIONS, ROLE_PERMISSIONS, DocumentPermission
from chatter.documents.repository import DocumentRepository
from chatter.documents.resources import COLLECTION, DOCUMENT
from chatter.documents.search import DocumentEmbedder
from chatter.documents.service import DocumentService
from chatter.kit.domain import Domain
from chatter.kit.jobs import JobQueue
from chatter.kit.principal import Principal
from chatter.kit.services import Services
from chatter.llm.facade import make_embedder
from chatter.rbac.facade import Authorizer
from chatter.tenancy.ports import BelongingsRegistry

__all__ = ["domain"]


async def _start(services: Services) -> None:
    services.add(ReaderPool())
    for restricted in (False, True):
        services.part(BelongingsRegistry).add(DocumentBelongings(services, restricted=restricted))
        services.part(BelongingsRegistry).add(CollectionBelongings(restricted=restricted))
    services.add(DocumentEmbedder(make_embedder(services.http, services.settings)))


async def _stop(services: Services) -> None:
    await services.part(ReaderPool).close()


def _embedder(services: Services) -> DocumentEmbedder:
    return services.part(DocumentEmbedder)


def _documents(services: Services, principal: Principal, jobs: JobQueue, authorizer: Authorizer) -> DocumentService:
    return DocumentService(principal, services.database, services.store, jobs=jobs, authorizer=authorizer)


def _collections(
    session: AsyncSession, principal: Principal, jobs: JobQueue, authorizer: Authorizer
) -> CollectionService:
    return CollectionService(session, principal, authorizer=authorizer, jobs=jobs)


def _repository(services: Services, principal: Principal) -> DocumentRepository:
    return DocumentRepository(services.database, principal)


domain = Domain(
    name="documents",
    controllers=(DocumentController, MoveController, CollectionController, SearchController),
    tables=(Collection, Document, DocumentVersion),
    resources=(COLLECTION, DOCUMENT),
    permissions=DocumentPermission,
    role_permissions=ROLE_PERMISSIONS,
    operator_permissions=OPERATOR_PERMISSIONS,
    jobs=(INGEST, ERASE),
    dependencies={
        "collections": Provide(_collections, sync_to_thread=False),
        "document_embedder": Provide(_embedder, sync_to_thread=False),
        "documents": Provide(_documents, sync_to_thread=False),
        "document_repository": Provide(_repository, sync_to_thread=False),
    },
    on_startup=(_start,),
    on_shutdown=(_stop,),
)
