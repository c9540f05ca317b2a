"""The tree of commands; a leaf is imported when it is called."""

import importlib
from dataclasses import dataclass
from typing import ClassVar

import rich_click as click


@dataclass(frozen=True)
class Leaf:
    """Where a command lives, and its line in the list."""

    module: str
    attribute: str
    help: str


class LazyGroup(click.RichGroup):
    """A group that knows its commands by name and imports one when it is called."""

    leaves: ClassVar[dict[str, Leaf]]

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self.leaves, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        leaf = self.leaves.get(cmd_name)
        if leaf is None:
            return super().get_command(ctx, cmd_name)
        command = getattr(importlib.import_module(leaf.module), leaf.attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{leaf.module}.{leaf.attribute} is not a command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing them."""
        with formatter.section("Commands"):
            rows = [(name, leaf.help) for name, leaf in self.leaves.items()]
            rows += [(name, command.get_short_help_str()) for name, command in sorted(self.commands.items())]
            formatter.write_dl(rows)


class Root(LazyGroup):
    leaves: ClassVar[dict[str, Leaf]] = {
        "up": Leaf("chatter.cli.up", "up", "Start everything and print the address."),
        "down": Leaf("chatter.cli.down", "down", "Stop what an earlier run left behind."),
        "doctor": Leaf("chatter.cli.doctor", "doctor", "Check this machine; a cure for each thing that is missing."),
        "migrate": Leaf("chatter.cli.maintenance", "migrate", "Bring the database to this release."),
        "openapi": Leaf("chatter.cli.maintenance", "openapi", "Print the OpenAPI document."),
        "settings": Leaf("chatter.cli.maintenance", "settings", "Everything that can be set by the environment."),
        "version": Leaf("chatter.cli.maintenance", "version", "Print the version."),
        "login": Leaf("chatter.cli.login", "login", "Sign in to an installation."),
        "logout": Leaf("chatter.cli.login", "logout", "End the sign-in."),
        "documents": Leaf("chatter.cli.documents", "documents", "Add, list, show and delete documents."),
        "search": Leaf("chatter.cli.ask", "search", "Find passages."),
        "ask": Leaf("chatter.cli.ask", "ask", "Ask your documents; the answer streams in, with its citations."),
    }


@click.command(cls=Root, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Ask your organisation's documents: cited, streamed answers."""
