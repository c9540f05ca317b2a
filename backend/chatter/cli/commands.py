"""The tree of commands; each is imported when it is called."""

import importlib
from typing import Any

import rich_click as click


class Deferred(click.RichCommand):
    """A command known by its name and one line; the real one takes over when it is called."""

    def __init__(self, name: str, *, module: str, line: str) -> None:
        super().__init__(name=name, help=line, add_help_option=False)
        self._module = module

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        command = getattr(importlib.import_module(self._module), str(self.name))
        if not isinstance(command, click.Command):
            raise TypeError(f"{self._module}.{self.name} is not a command")
        return command.make_context(info_name, args, parent, **extra)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Ask your organisation's documents: cited, streamed answers."""


for _name, _module, _line in (
    ("up", "up", "Start everything and print the address."),
    ("down", "down", "Stop what an earlier run left behind."),
    ("doctor", "doctor", "Check this machine; a cure for each thing that is missing."),
    ("migrate", "maintenance", "Bring the database to this release."),
    ("audit", "audit", "Verify the audit log, and erase what was kept long enough."),
    ("openapi", "maintenance", "Print the OpenAPI document."),
    ("settings", "maintenance", "Everything that can be set by the environment."),
    ("secrets", "secrets", "Count stored secrets by their key; seal them with a new one."),
    ("organizations", "organizations", "List, suspend and resume organisations."),
    ("factors", "factors", "Reset the second factors of somebody whom nobody else can help."),
    ("support", "support", "Enter an organisation that has asked for it."),
    ("oauth", "oauth", "Rotate the key that signs the tokens of apps."),
    ("mails", "mails", "Show the mails that this server keeps."),
    ("version", "version", "Print the version."),
    ("login", "login", "Sign in to an installation."),
    ("logout", "login", "End the sign-in."),
    ("documents", "documents", "Add, list, show and delete documents."),
    ("collections", "collections", "List and make collections of documents."),
    ("search", "ask", "Find passages."),
    ("ask", "ask", "Ask your documents; the answer streams in, with its citations."),
):
    main.add_command(Deferred(_name, module=f"chatter.cli.{_module}", line=_line))
