"""Groups of commands: loaded when they are wanted, forgiving of a mistyped word."""

import importlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import click

from evsrep.cli.docstrings import with_help

_LONGEST = 400
_HINT = "The options of every command: evsrep help options"


class Group(click.Group):
    """A group that prints its help when it is called alone, and knows the nearest word."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs = with_help(kwargs.get("callback"), kwargs)
        kwargs |= {"invoke_without_command": True, "callback": _print_help_alone}
        super().__init__(*args, **{"epilog": _HINT, **kwargs})

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; a word that is none gets the nearest one that is."""
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            from evsrep.cli.mistakes import meant_command

            meant = meant_command(name, args[1] if args[1:] else "", self, ctx)
            raise click.UsageError(f"no such command '{name}'{meant}", ctx)
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands alone: with the options of every command it would be two screens."""
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, each with the whole first sentence of its help."""
        commands = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, each.get_short_help_str(limit=_LONGEST)) for name, each in commands if each]
            )

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the last line, as it stands."""
        del ctx
        formatter.write(f"  {self.epilog}\n")


def _print_help_alone() -> None:
    """Print the help of a group on stdout, where no command of it is named."""
    ctx = click.get_current_context()
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


class LazyGroup(Group):
    """A group whose commands are imported one by one, when they are named.

    `modules` says by task where each is: in a module of its own name, or at `module:name`. In the
    help the tasks that are `in_short` are a line each; `start` is what to type first.
    """

    def __init__(
        self,
        *args: Any,
        modules: Mapping[str, Mapping[str, str]],
        in_short: Collection[str] = (),
        start: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._in_short = in_short
        self._start = start
        self._tasks = modules
        self._places = {name: place for each in modules.values() for name, place in each.items()}

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usage, and what to type first."""
        super().format_usage(ctx, formatter)
        for number, line in enumerate(self._start):
            formatter.write(f"{'' if number else chr(10)}  {line}\n")

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands of the table in its order, then those that are there already."""
        del ctx
        return [*self._places, *(name for name in self.commands if name not in self._places)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command's module."""
        place = self._places.get(cmd_name)
        if place is None:
            return super().get_command(ctx, cmd_name)
        module, _, name = place.partition(":")
        found: click.Command = getattr(
            importlib.import_module(module), name or module.rpartition(".")[2]
        )
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by task, where there are several: a line each, the task first."""
        if len(self._tasks) == 1:
            super().format_commands(ctx, formatter)
            return
        width = max(map(len, self._tasks))
        longest = max(map(len, self._places))
        formatter.write_paragraph()
        for task, name, about in self._lines(ctx):
            formatter.write(f"  {task:<{width}}  {name:<{longest}}  {about}\n")
        for task in self._in_short:
            formatter.write(f"  {task:<{width}}  {', '.join(self._tasks[task])}\n")

    def _lines(self, ctx: click.Context) -> Iterator[tuple[str, str, str]]:
        for task, places in self._tasks.items():
            if task in self._in_short:
                continue
            for number, name in enumerate(places):
                command = self.get_command(ctx, name)
                assert command is not None  # noqa: S101 -- the name is one of the table
                yield "" if number else task, name, command.get_short_help_str(limit=80)
