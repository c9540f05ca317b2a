"""`chatter mails`: the mails that this server keeps because it has no mail server."""

import asyncio

import msgspec
import rich_click as click
from rich.markup import escape

from chatter.cli.operating import settings_here
from chatter.cli.terminal import out
from chatter.kit.mail import KeptMail
from chatter.kit.mail_folder import MailFolder
from chatter.kit.settings import Settings


@click.command()
@click.option("--to", help="Only mails to this address.")
@click.option("--limit", default=10, show_default=True, type=click.IntRange(1, 200), help="How many, newest first.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def mails(to: str | None, limit: int, as_json: bool) -> None:
    """Show the newest mails of every organisation. They hold links that let people in: hand them on with care."""
    settings = settings_here()
    kept = asyncio.run(_newest(settings, to=to))[:limit]
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(kept)).decode())
        return
    if not kept:
        out.print("  No mails: " + ("SMTP_URL sends them." if settings.smtp_url else "none was written yet."))
    for mail in reversed(kept):
        out.print(f"[bold]{escape(mail.subject)}[/]\n[dim]To {escape(mail.to)} · {mail.at:%Y-%m-%d %H:%M} UTC[/]\n")
        out.print(escape(mail.text))


async def _newest(settings: Settings, *, to: str | None) -> list[KeptMail]:
    folder = MailFolder(settings.mail_folder, sender=settings.mail_from)
    found = [mail for tenant in folder.tenants() for mail in await folder.newest(tenant, limit=200)]
    wanted = [mail for mail in found if to is None or mail.to.lower() == to.lower()]
    return sorted(wanted, key=lambda mail: mail.at, reverse=True)
