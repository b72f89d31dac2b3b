"""Groups of commands: loaded when they are wanted, forgiving of a mistyped word."""

import importlib
from collections.abc import Mapping
from typing import Any

import click

from evsrep.cli.options import write_options


class Group(click.Group):
    """A group that prints its help when it is called alone, and knows the nearest word."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"invoke_without_command": True, **kwargs})

    def invoke(self, ctx: click.Context) -> Any:
        """Without a command, print the help on stdout."""
        if not ctx._protected_args and not ctx.args:
            click.echo(ctx.get_help())
            return None
        return super().invoke(ctx)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; a word that is none gets the nearest one that is."""
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            from evsrep.settings.resolve import nearest

            near = nearest(name, self.list_commands(ctx))
            meant = f" Did you mean '{near}'?" if near else ""
            raise click.UsageError(f"no such command '{name}'.{meant}", ctx)
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands first: they are what the help is read for."""
        self.format_commands(ctx, formatter)
        write_options(self, ctx, formatter)


class LazyGroup(Group):
    """A group whose commands are imported one by one, when they are named."""

    def __init__(self, *args: Any, modules: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._modules = dict(modules or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of the table, then those that are there already."""
        return [*self._modules, *(name for name in self.commands if name not in self._modules)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command's module; `module:name` says where it is not called like the module."""
        place = self._modules.get(cmd_name)
        if place is None:
            return super().get_command(ctx, cmd_name)
        module, _, name = place.partition(":")
        found: click.Command = getattr(
            importlib.import_module(module), name or module.rpartition(".")[2]
        )
        return found
