"""What to do at the provider, for those that most companies have."""

from nicegui import ui

from chatter_dashboard.components.layout import card, card_head, div, text

__all__ = ["guides_card"]

_COMMON = "Register a web application with the authorization code flow, and copy the addresses above into it."
_GUIDES: dict[str, tuple[str, ...]] = {
    "Microsoft Entra ID": (
        "App registrations, New registration, platform Web: enter the redirect URI.",
        "The issuer is https://login.microsoftonline.com/<tenant id>/v2.0, with your tenant's id, never “common”.",
        "Certificates & secrets: make a client secret and copy its value here.",
        "Token configuration: add the optional claims email and xms_edov to the ID token.",
        "Entra does not say email_verified: enter xms_edov as the claim that it is verified.",
        "For groups, add the groups claim: it holds object ids, which you map below.",
    ),
    "Okta": (
        "Applications, Create App Integration, OIDC, Web Application: enter the sign-in and sign-out redirect URIs.",
        "The issuer is https://<your domain>.okta.com, or that of an authorization server.",
        "For groups, add a groups claim to the ID token (filter: matches regex .*), and the scope groups below.",
        "Under Logout, enter the back-channel logout URI if your edition has it.",
    ),
    "Google Workspace": (
        "Google Cloud console, APIs & Services, Credentials, OAuth client ID, Web application: enter the redirect URI.",
        "The issuer is https://accounts.google.com. Set the consent screen to Internal.",
        "Google tells no groups and has no logout page: people get the default role.",
    ),
    "Keycloak": (
        "Clients, Create client, OpenID Connect, client authentication and standard flow on: enter the redirect URI.",
        "The issuer is https://<host>/realms/<realm>. Under Advanced, require PKCE with S256.",
        "For groups, add a Group Membership mapper with the claim name groups and no full path.",
        "Under Logout settings, enter the back-channel logout URI.",
    ),
}


def guides_card() -> None:
    """One fold for each."""
    with card():
        card_head("At your provider")
        text("p", _COMMON).classes("lx-card-text")
        with div("lx-stack"):
            for name, steps in _GUIDES.items():
                with ui.element("details"):
                    text("summary", name)
                    with ui.element("ol"):
                        for step in steps:
                            text("li", step)
