"""What README.md and the man pages show is typed here, and prints what they say."""

import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import pytest

from evsrep.cli.app import App, Environment
from evsrep.cli.root import cli
from evsrep.sandbox.profile import ready_profile
from tests.cli.conftest import ID, Serve, WriteProfiles
from tests.conftest import Run

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
GATE = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
REAL = "# asks for an account"


class Block(NamedTuple):
    """A block of the README: its language, its text, the section it is in, and its mark."""

    language: str
    text: str
    section: str
    mark: str

    @property
    def lines(self) -> list[str]:
        """The commands, those of several lines as one."""
        return [line for line in self.text.replace("\\\n", "").splitlines() if line.strip()]


def blocks() -> Iterator[Block]:
    found = re.finditer(
        r"^(?:<!-- command: (\w+) -->\n)?```(\w+)\n(.*?)^```$",
        README,
        flags=re.MULTILINE | re.DOTALL,
    )
    for match in found:
        before = re.findall(r"^##+ (.+)$", README[: match.start()], flags=re.MULTILINE)
        yield Block(match[2], match[3], before[-1], match[1] or "")


BLOCKS = list(blocks())
SHELL = [block for block in BLOCKS if block.language == "sh"]
SHOWN = [block for block in BLOCKS if block.language == "console"]


def words_of(line: str) -> list[str]:
    """The words behind `evsrep`; a comment is none."""
    return shlex.split(line, comments=True)[1:]


def parsed(words: list[str]) -> click.Context:
    """A command line understood, and not run; Click's complaint where it is not."""
    ctx = cli.make_context("evsrep", list(words), obj=App(Environment()))
    while isinstance(ctx.command, click.Group):
        _, command, rest = ctx.command.resolve_command(ctx, [*ctx._protected_args, *ctx.args])
        assert command is not None
        ctx = command.make_context(command.name, rest, parent=ctx)
    return ctx


# The README


def test_the_readme_has_blocks_of_every_kind() -> None:
    assert SHELL
    assert SHOWN
    assert {"try", "test", "install", "zipapp"} <= {block.mark for block in SHELL}


@pytest.mark.parametrize("name", [block.mark for block in SHELL if block.mark])
def test_what_installs_is_run_by_the_gate(name: str) -> None:
    assert f"readme_command {name}" in GATE


PAGE = [block for block in SHELL if block.mark in ("", "try")]
MAY_BE = {"evsrep health": {0, 1}}  # what is copied yet is degraded


def typed(text: str, folder: Path) -> Iterator[str]:
    """The commands of a block, one by one; files that it makes are there before what follows."""
    lines = iter(text.replace("\\\n", "").splitlines())
    for line in lines:
        made = re.fullmatch(r"cat > (\S+) <<'END'", line)
        if made is not None:
            content = "".join(f"{each}\n" for each in iter(lambda: next(lines), "END"))
            (folder / made[1]).write_text(content)
        elif line.strip():
            yield line


def test_the_page_can_be_typed_from_top_to_bottom_in_one_sandbox(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    seen = []
    for line in [line for block in PAGE for line in typed(block.text, home)]:
        command = line.rpartition(" && ")[2].replace(".venv/bin/evsrep", "evsrep")
        if command == "export EVSREP_PROFILE=sandbox":
            monkeypatch.setenv("EVSREP_PROFILE", "sandbox")
        elif command.endswith(REAL):
            parsed(words_of(command))
        elif command.startswith("evsrep "):
            done = run(*words_of(command))
            start = next((start for start in MAY_BE if command.startswith(start)), "")
            assert done.exit_code in MAY_BE.get(start, {0}), (line, done.stderr)
            seen.append(command)
        else:
            assert command in (". .venv/bin/activate", "sh pair.sh web-01-data web-01-data-dr")
    assert len(seen) > 20


@pytest.mark.tools
def test_a_shell_goes_through_the_whole_page(hurried: Path, home: Path) -> None:
    text = "".join(block.text for block in PAGE)
    text = re.sub(r"^python3 -m venv .*? && .venv/bin/", "", text, flags=re.MULTILINE)
    text = re.sub(rf"^.*{REAL}$|^\. \.venv.*$", "", text, flags=re.MULTILINE)
    text = text.replace("evsrep health  ", "evsrep health || test $? = 1")
    done = subprocess.run(
        ["bash", "-euxc", text.replace(".venv/bin/evsrep", "evsrep")],
        env={**os.environ, "PATH": f"{hurried}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        cwd=home,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("block", SHOWN, ids=lambda block: block.lines[0])
def test_what_the_readme_shows_is_what_is_printed(sandbox: Run, block: Block) -> None:
    typed, printed = block.text.split("\n", 1)
    assert typed.startswith("$ evsrep ")
    assert sandbox(*words_of(typed[2:])).stdout == printed


def test_every_file_that_the_readme_links_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert len(links) > 8
    assert [link for link in links if not (ROOT / link).exists()] == []
    linked = {Path(link).name for link in links}
    kept = {*(ROOT / ".github" / "pictures").iterdir(), *(ROOT / "tests" / "examples").iterdir()}
    assert {path.name for path in kept if path.suffix != ".csv"} <= linked


# The man pages


def examples() -> Iterator[str]:
    """The examples of all man pages, each as it is typed."""
    for page in sorted((ROOT / "man").glob("*.1")):
        for block in re.findall(r"^\.EX\n(.*?)^\.EE$", page.read_text(), re.MULTILINE | re.DOTALL):
            text = re.sub(r"\\\((\w\w)", lambda found: _ROFF[found[1]], block)
            text = text.replace(r"\&", "").replace(r"\-", "-").replace(r"\e", "\\")
            yield from re.sub(r"\\\n\s*", "", text).splitlines()


_ROFF = {"aq": "'", "dq": '"', "ga": "`", "ha": "^", "ti": "~"}
EXAMPLES = list(dict.fromkeys(examples()))
# what stands for something that only the reader knows, what asks a person, what does not end
ONLY_PARSED = [
    line
    for line in EXAMPLES
    if "..." in line or line.startswith(("evsrep profile init", "evsrep sandbox serve"))
]
PLAIN = [
    line
    for line in EXAMPLES
    if line not in ONLY_PARSED and line.startswith("evsrep ") and not re.search(r"[|<>$]", line)
]
BY_SHELL = [line for line in EXAMPLES if line not in (*ONLY_PARSED, *PLAIN)]

BUNDLE = "group create --name shop --pair db-01 --pair db-02 --wait"
BEFORE = {  # what must have happened, by how an example starts
    "evsrep group create": (),
    "evsrep delete": (),
    "evsrep group delete": (
        BUNDLE,
        "group update shop --remove db-01 --remove db-02 --pause --wait",
    ),
    "evsrep group reprotect": (
        BUNDLE,
        "sandbox break --az az1.dc1",
        "group failover shop --yes --wait",
        "sandbox mend",
    ),
    "evsrep group failover": (BUNDLE, "sandbox break --az az1.dc1"),
    "evsrep group": (BUNDLE,),
    "evsrep health": (BUNDLE,),
    "evsrep sdrs": (BUNDLE,),
    "evsrep profile import": ("profile delete otc --yes",),
    "": (),
}
EXIT_CODES = {  # of those that say something with it
    "evsrep health": {0, 1},
    "evsrep sdrs": {6},  # no server of the story has a system disk
}


@pytest.fixture
def stage(
    run: Run,
    home: Path,
    serve: Serve,
    write_profiles: WriteProfiles,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A home as the examples take it to be: pairs, profiles, files; the sandbox is the cloud."""
    monkeypatch.setenv("EVSREP_PROFILE", "sandbox")
    monkeypatch.chdir(home)
    assert run("sandbox", "seed", "--disks", "18").exit_code == 0
    for number in range(1, 4):
        disk = f"bulk-0000{3 * number}"  # every third is in az1.dc1
        pair = ("--production-disk", disk, "--dr-disk", f"{disk}-dr", "--name", f"db-0{number}")
        assert run("create", *pair, "--wait").exit_code == 0
    (home / "pairs.csv").write_text("production_disk,dr_disk\ndb-01-data,db-01-data-dr\n")
    row = {"production_disk": "db-01-data", "dr_disk": "db-01-data-dr"}
    (home / "pairs.jsonl").write_text(json.dumps(row) + "\n")
    keys = ready_profile(serve())
    write_profiles("[profiles.otc]\n" + "".join(f'{k} = "{v}"\n' for k, v in keys.items()))
    rc = {"OS_REGION_NAME": keys["region"]}
    rc |= {f"OS_{key.upper()}": value for key, value in keys.items() if key != "region"}
    (home / "Downloads").mkdir()
    text = "".join(f"export {name}='{value}'\n" for name, value in rc.items())
    (home / "Downloads" / "otc-openrc.sh").write_text(text)
    for name, value in rc.items():
        monkeypatch.setenv(name, value)
    (home / "clouds.yaml").write_text(json.dumps({"clouds": {"otc": _cloud(keys)}}))
    return home


def _cloud(keys: dict[str, str]) -> dict[str, object]:
    auth = {key: value for key, value in keys.items() if key != "region"}
    return {"auth": auth, "region_name": keys["region"]}


def prepared(run: Run, line: str) -> str:
    """The example, once what it takes for granted has happened, with the ID of a pair there is."""
    starts = max((start for start in BEFORE if line.startswith(start)), key=len)
    for before in BEFORE[starts]:
        done = run(*before.split())
        assert done.exit_code == 0, (before, done.stderr)
    pair_id = run("show", "db-01", "-o", "value", "-c", "id").stdout.strip()
    return ID.sub(pair_id, line)


@pytest.mark.parametrize("line", PLAIN)
def test_an_example_of_a_man_page_works(stage: Path, run: Run, line: str) -> None:
    words = words_of(prepared(run, line).replace("~", str(stage)))
    done = run(*words, typed="y\n") if "--yes" not in words else run(*words)
    may_be = next((codes for start, codes in EXIT_CODES.items() if line.startswith(start)), {0})
    assert done.exit_code in may_be, done.stderr


@pytest.mark.parametrize("line", ONLY_PARSED)
def test_an_example_that_can_not_be_run_is_understood(line: str, home: Path) -> None:
    inner = re.search(r"\$\((evsrep [^)]*)\)", line)
    assert parsed(words_of(inner[1] if inner else line)).command.name


@pytest.mark.tools
@pytest.mark.parametrize("line", BY_SHELL)
def test_an_example_for_a_shell_works(stage: Path, run: Run, line: str, hurried: Path) -> None:
    shell = "zsh" if "zsh" in line else "bash"
    (stage / ".local/share/bash-completion/completions").mkdir(parents=True)
    names = {"A": "db-01-data", "B": "db-01-data-dr", "AZ": "az1.dc1", "EDITOR": "cat"}
    prelude = "autoload -U compinit; compinit -u -D; " if shell == "zsh" else ""
    done = subprocess.run(
        [shell, "-c", f"{prelude}set -e; {prepared(run, line)}"],
        env={**os.environ, **names, "PATH": f"{hurried}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_every_example_is_of_one_kind() -> None:
    assert len(EXAMPLES) > 50
    assert len(ONLY_PARSED) <= 4
    assert len(BY_SHELL) <= 10
