"""How a directory is connected, in the words of each provider's own administration."""

__all__ = ["PROVIDERS"]

_FIRST = "Verify your mail domain in Chatter, and make a token on this page."
PROVIDERS = {
    "Microsoft Entra ID": (
        _FIRST,
        "In the Entra admin center, open Enterprise applications, New application, Create your own application.",
        "Open Provisioning, set it to Automatic, and paste the address as Tenant URL, the token as Secret Token.",
        "Press Test Connection, and save.",
        "Under Mappings, leave userPrincipalName mapped to userName: it is the address that people sign in with.",
        "Assign users and groups to the application, and start provisioning. Changes come about every 40 minutes.",
    ),
    "Okta": (
        _FIRST,
        "In the Admin Console, open your app integration, and set Provisioning to SCIM under General.",
        "Under Integration, paste the address as SCIM connector base URL, and type userName as unique identifier.",
        "Tick Push New Users, Push Profile Updates and Push Groups; choose HTTP Header, and paste the token.",
        "Press Test Connector Configuration, and save.",
        "Under To App, switch on Create Users, Update User Attributes and Deactivate Users; then assign people.",
        "Push groups under Push Groups. A group of the name of a team that exists here already is refused.",
    ),
    "Google Workspace, OneLogin and others": (
        _FIRST,
        "Paste the address where a SCIM 2.0 base URL is asked for, and the token where a bearer token is.",
        "Map userName to the address that people sign in with, and externalId to what never changes.",
        "Bring one person first, and look at the last requests below; then all the others.",
    ),
}
