"""Every page's address."""

from collections.abc import Awaitable, Callable

from chatter_dashboard.pages.access.page import access
from chatter_dashboard.pages.account.page import account
from chatter_dashboard.pages.apps.members import member_apps
from chatter_dashboard.pages.apps.page import apps
from chatter_dashboard.pages.audit.destination import audit_destination
from chatter_dashboard.pages.audit.detail import audit_event
from chatter_dashboard.pages.audit.page import audit_log
from chatter_dashboard.pages.chat.page import chat, conversation
from chatter_dashboard.pages.conversations.page import conversations
from chatter_dashboard.pages.directory.page import directory
from chatter_dashboard.pages.documents.detail import document
from chatter_dashboard.pages.documents.page import documents
from chatter_dashboard.pages.invitations.page import invitations
from chatter_dashboard.pages.keys.page import keys
from chatter_dashboard.pages.mails.page import mails
from chatter_dashboard.pages.members.page import members
from chatter_dashboard.pages.models.page import models
from chatter_dashboard.pages.notes.page import notes
from chatter_dashboard.pages.organizations.page import new_organization
from chatter_dashboard.pages.others.page import others
from chatter_dashboard.pages.overview.page import overview
from chatter_dashboard.pages.rate_limits.page import rate_limits
from chatter_dashboard.pages.roles.page import roles
from chatter_dashboard.pages.search.page import search
from chatter_dashboard.pages.service_accounts.detail import service_account
from chatter_dashboard.pages.service_accounts.page import service_accounts
from chatter_dashboard.pages.settings.page import settings
from chatter_dashboard.pages.sso.detail import identity_provider
from chatter_dashboard.pages.sso.page import identity_providers
from chatter_dashboard.pages.sso.testing import provider_test
from chatter_dashboard.pages.support.page import support
from chatter_dashboard.pages.teams.detail import team
from chatter_dashboard.pages.teams.page import teams
from chatter_dashboard.pages.usage.page import usage

__all__ = ["ROUTES"]

ROUTES: dict[str, Callable[..., Awaitable[None]]] = {
    "/": overview,
    "/access": access,
    "/account": account,
    "/apps": apps,
    "/audit": audit_log,
    "/audit-destination": audit_destination,
    "/audit/{event_id}": audit_event,
    "/chat": chat,
    "/chat/{conversation_id}": conversation,
    "/conversations": conversations,
    "/conversations/others": others,
    "/directory": directory,
    "/documents": documents,
    "/documents/{document_id}": document,
    "/invitations": invitations,
    "/keys": keys,
    "/mails": mails,
    "/member-apps": member_apps,
    "/members": members,
    "/models": models,
    "/notes": notes,
    "/organizations/new": new_organization,
    "/rate-limits": rate_limits,
    "/roles": roles,
    "/search": search,
    "/service-accounts": service_accounts,
    "/service-accounts/{account_id}": service_account,
    "/settings": settings,
    "/sso": identity_providers,
    "/sso/{provider_id}": identity_provider,
    "/sso/{provider_id}/tests/{test_id}": provider_test,
    "/support": support,
    "/teams": teams,
    "/teams/{team_id}": team,
    "/usage": usage,
}
