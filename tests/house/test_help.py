"""Every command says what it does, in a form that fits everywhere."""

import re
from collections.abc import Iterator

import click
import pytest

from evsrep.cli.help import ENVIRONMENT
from evsrep.cli.root import cli
from evsrep.settings.keys import SECRET_VARIABLES

WIDTH = 80


def walk(ctx: click.Context) -> Iterator[click.Context]:
    """A command, and all that are below it."""
    yield ctx
    if isinstance(ctx.command, click.Group):
        for name in ctx.command.list_commands(ctx):
            command = ctx.command.get_command(ctx, name)
            assert command is not None, f"{ctx.command_path} lists {name}, and has none"
            yield from walk(click.Context(command, info_name=name, parent=ctx))


COMMANDS = {
    ctx.command_path: ctx
    for ctx in walk(click.Context(cli, info_name="evsrep", **cli.context_settings))
}
LEAVES = {path: ctx for path, ctx in COMMANDS.items() if not isinstance(ctx.command, click.Group)}
OPTIONS = {
    f"{path} {param.opts[0]}": param
    for path, ctx in COMMANDS.items()
    for param in ctx.command.get_params(ctx)
    if isinstance(param, click.Option)
}


@pytest.mark.parametrize("path", COMMANDS)
def test_the_first_line_is_one_short_sentence(path):
    line = (COMMANDS[path].command.help or "").partition("\n")[0]
    assert line.endswith(".")
    assert len(line) < WIDTH
    assert not re.search(r"[.!?] ", line), "more than one sentence"


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_says_what_it_is_for(name):
    assert (OPTIONS[name].help or "").endswith((".", "]"))


@pytest.mark.parametrize("path", LEAVES)
def test_a_command_has_an_example_of_itself(path):
    examples = getattr(LEAVES[path].command, "examples", ())
    assert any(path in example for example in examples)


@pytest.mark.parametrize("path", COMMANDS)
def test_help_is_there_and_fits_a_narrow_terminal(path, run, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    done = run(*path.split()[1:], "-h")
    assert done.exit_code == 0
    assert done.stdout.startswith(f"Usage: {path}")
    assert done.stderr == ""
    assert [line for line in done.stdout.splitlines() if len(line) > WIDTH] == []


@pytest.mark.parametrize("path", COMMANDS)
def test_help_lists_no_parameter_without_a_word_on_it(path, run, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    listed = run(*path.split()[1:], "-h").stdout.partition("\nOptions:\n")[2]
    bare = [line for line in listed.splitlines() if re.fullmatch(r"  [^ -]\S*", line)]
    assert bare == []


def test_every_variable_that_is_read_is_told_of():
    told = {word for words, _ in ENVIRONMENT for word in words.split(", ")}
    of_options = {param.envvar for param in OPTIONS.values() if param.envvar}
    assert of_options | set(SECRET_VARIABLES) <= told
