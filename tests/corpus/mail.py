"""E-mails as a mail program saves them."""

from email.message import EmailMessage

__all__ = ["eml_file"]


def eml_file(*, subject: str, text: str, attachments: dict[str, tuple[str, bytes]] | None = None) -> bytes:
    """A message; attachments by name as (media type, content)."""
    message = EmailMessage()
    message["From"] = "Ada Byron <ada@example.org>"
    message["To"] = "Grace Hopper <grace@example.org>"
    message["Subject"] = subject
    message["Date"] = "Mon, 23 Nov 2026 10:00:00 +0000"
    message.set_content(text)
    for name, (media_type, content) in (attachments or {}).items():
        main, _, sub = media_type.partition("/")
        message.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return bytes(message)
