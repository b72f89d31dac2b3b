"""Every command says what it does, in a form that fits everywhere."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from evsrep.cli import options
from evsrep.cli.help import ENVIRONMENT, TOPICS
from evsrep.cli.root import cli
from evsrep.settings.declarations import SECRET_VARIABLES
from tests.conftest import Run

WIDTH, LINES = 80, 24


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
def test_the_first_line_is_one_short_sentence(path: str) -> None:
    line = (COMMANDS[path].command.help or "").partition("\n")[0]
    assert line.endswith(".")
    assert len(line) < WIDTH
    assert not re.search(r"[.!?] ", line), "more than one sentence"


def test_each_option_says_what_it_is_for() -> None:
    assert len(OPTIONS) > 500
    told = {name: option.help or "" for name, option in OPTIONS.items()}
    assert [name for name, words in told.items() if not words.endswith((".", "]"))] == []


@pytest.mark.parametrize("path", LEAVES)
def test_a_command_has_an_example_of_itself(path: str) -> None:
    examples = getattr(LEAVES[path].command, "examples", ())
    assert any(path in example for example in examples)


@pytest.mark.parametrize("path", COMMANDS)
def test_help_is_there_and_fits_a_narrow_terminal(
    path: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    done = run(*path.split()[1:], "-h")
    assert done.exit_code == 0
    assert done.stdout.startswith(f"Usage: {path}")
    assert done.stderr == ""
    assert [line for line in done.stdout.splitlines() if len(line) > WIDTH] == []


@pytest.mark.parametrize("path", LEAVES)
def test_a_command_lists_its_options_by_what_they_are_for(
    path: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    text = run(*path.split()[1:], "-h").stdout
    titles = re.findall(r"^([A-Z][\w ]*):$", text, flags=re.MULTILINE)
    own = getattr(LEAVES[path].command, "what", "")
    assert own
    order = [own, "How to run", "Output", "Every command", "Examples"]
    assert titles == [title for title in order if title in titles]
    assert titles[-3:] == ["Output", "Every command", "Examples"]
    listed = text.partition(f"\n{titles[0]}:\n")[2]
    bare = [line for line in listed.splitlines() if re.fullmatch(r"  -\S+( \S+)?", line)]
    assert bare == [], "each has a word on it, on the same line"
    for option in LEAVES[path].command.get_params(LEAVES[path]):
        assert all(flag in text for flag in option.opts if flag.startswith("-"))


def test_every_option_that_says_how_is_one_of_a_command() -> None:
    assert {param.name for param in OPTIONS.values()} >= options.HOW


def test_the_first_help_fits_one_screen(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    text = run("--help").stdout
    assert len(text.splitlines()) < LINES, "the prompt comes back below it"
    assert "..." not in text.partition("\n")[2], "a sentence that was cut"
    lines = [line[10:] for line in text.splitlines() if len(line) > 10]
    listed = {word.strip(",") for line in lines for word in line.split()}
    assert {path.split()[1] for path in COMMANDS if " " in path} <= listed


@pytest.mark.parametrize("path", sorted(set(COMMANDS) - set(LEAVES)))
def test_the_help_of_a_group_has_each_command_in_one_line(
    path: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    lines = run(*path.split()[1:], "-h").stdout.splitlines()
    assert len(lines) < LINES
    group = COMMANDS[path].command
    assert isinstance(group, click.Group)
    for name in group.list_commands(COMMANDS[path]):
        with_words = rf"^ .*\b{name}  +\S"
        in_short = rf"^  \S.*  .*\b{name}(,|$)"  # of the program: what is set up, what is learnt
        patterns = [with_words, in_short] if path == "evsrep" else [with_words]
        assert [line for line in lines if any(re.search(each, line) for each in patterns)]


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_of_the_help_has_its_text(topic: str, run: Run) -> None:
    done = run("help", topic)
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) > 5


def test_every_variable_that_is_read_is_told_of() -> None:
    told = {word for words, _ in ENVIRONMENT for word in words.split(", ")}
    of_options = {param.envvar for param in OPTIONS.values() if param.envvar}
    assert of_options | set(SECRET_VARIABLES) <= told


ALL_HELP = """
import click
from evsrep.cli.root import cli
from tests.house.test_help import walk

print(*(it.get_help() for it in walk(click.Context(cli, info_name="evsrep"))), sep=chr(12))
"""


def test_python_may_drop_docstrings_and_no_help_is_lost() -> None:
    pages = [
        subprocess.run(
            [sys.executable, *optimized, "-B", "-c", ALL_HELP],
            capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2],
        ).stdout
        for optimized in ([], ["-OO"])
    ]  # fmt: skip
    assert pages[0].count("\f") + 1 == len(COMMANDS)
    assert pages[0] == pages[1]
