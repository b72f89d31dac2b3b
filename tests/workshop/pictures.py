"""The README's pictures: what evsrep itself prints on a terminal, as SVG.

A picture is the same wherever and whenever it is taken: time, home and environment are its own,
and the random IDs of the pairs are those of the API's reference.
"""

import io
import os
import re
import shlex
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

import click

from evsrep.cli.app import Environment
from evsrep.cli.root import main as evsrep
from evsrep.sandbox.seed import seed_disks

_WIDTH = 100
_IDS = (
    "91085433-9499-4a68-b2c6-35072467ccd2",
    "dddd9746-14df-4823-be9d-7b4f4f8518ed",
    "190081db-9023-431d-a51a-197faf3762b5",
    "6690b30a-b40c-4a50-bd4a-7e5c1e28b821",
    "13b582e6-092e-4f7a-9260-8eb7a4ad860e",
)
_ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_SPINNER = re.compile("[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]")
_SECONDS_A_LOOK, _STILL_LOOKS = 0.1, 20
_SHEET = "".join(f"bulk-{n:05},bulk-{n:05}-dr\n" for n in range(1, 81))


class Scene(NamedTuple):
    """What is typed: `before` unseen, `typed` in the picture.

    With `held_at` the picture is of the middle: of when the sandbox was asked so many things.
    """

    typed: tuple[str, ...]
    before: tuple[str, ...] = ()
    exit_code: int = 0
    held_at: int = 0
    width: int = _WIDTH


_PAIRS = (
    "create -p sandbox --production-disk db-01-data --dr-disk db-01-data-dr --name db-01 --wait",
    "wait -p sandbox db-01 --for active",
    "group create -p sandbox --name shop --pair db-01 --wait",
    "create -p sandbox --production-disk link-down --dr-disk link-down-dr --name mail",
    "wait -p sandbox mail",
    "create -p sandbox --production-disk db-01-log --dr-disk db-01-log-dr --name db-01-log --wait",
)


def _list(width: int) -> Scene:
    last = "create -p sandbox --production-disk archive-01-data --dr-disk archive-01-data-dr"
    return Scene(("evsrep list",), before=(*_PAIRS, f"{last} --name archive"), width=width)


def _pair(disk: str, dr_disk: str, name: str) -> tuple[str, str]:
    disks = f"--production-disk {disk} --dr-disk {dr_disk}"
    return f"create -p sandbox {disks} --name {name}", f"wait -p sandbox {name} --for active"


_SHOP = (
    *_pair("shop-01-system", "shop-01-dr-system", "shop-system"),
    *_pair("shop-01-data", "shop-01-dr-data", "shop-data"),
    *_pair("shop-01-log", "shop-01-dr-log", "shop-log"),
    "create -p sandbox --production-disk encrypted-data --dr-zone az2.dc2 --name vault --yes",
    "wait -p sandbox vault --for active",
    "group create -p sandbox --name shop --wait"
    " --pair shop-system --pair shop-data --pair shop-log",
)
SCENES = {
    "create": Scene(
        (
            'evsrep create -p sandbox --name "my replication" \\\n'
            "    --production-disk 18aa67ea-c7cb-4826-800d-50e67f0de75b \\\n"
            "    --dr-disk 375d23be-3658-498f-8b50-d3b950a890ec",
        )
    ),
    "protect": Scene(
        (
            "export EVSREP_PROFILE=sandbox",
            "evsrep disks --unpaired --server db-02",
            "evsrep create --production-disk db-02-data --dr-zone az2.dc2 --name db-02 \\\n"
            "    --yes --wait",
            "evsrep wait db-02 --for active -c name,replication_status",
            "evsrep health",
        ),
    ),
    **{f"list-{width}": _list(width) for width in (80, 100, 140)},
    "check": Scene(
        (
            "evsrep create -p sandbox --production-disk odd-type-data \\\n"
            "    --dr-disk mail-01-data-dr-running",
        ),
        exit_code=6,
    ),
    "health": Scene(
        ("evsrep health",),
        before=(
            *_PAIRS,
            "group create -p sandbox --name logs --pair db-01-log --wait",
            "group pause -p sandbox logs --wait",
        ),
        exit_code=2,
    ),
    "apply": Scene(
        ("evsrep apply -p sandbox pairs.csv --jobs 1",),
        before=("sandbox seed --disks 160",),
        held_at=60,
    ),
    "sdrs": Scene(("evsrep sdrs plan -p sandbox",), before=_SHOP, exit_code=6),
    "drill": Scene(
        (
            "export EVSREP_PROFILE=sandbox",
            "evsrep sandbox break --az az2.dc2",
            "evsrep health",
            "evsrep group failover shop --yes --wait -c name,status,priority_station",
            "evsrep sandbox mend",
            "evsrep group reprotect shop --yes --wait -c name,status,replication_status",
            "evsrep health",
        ),
        before=(
            "create -p sandbox --production-disk example-production --dr-disk example-dr "
            "--name data --wait",
            "group create -p sandbox --name shop --pair data --wait",
        ),
    ),
}


@cache
def picture(name: str) -> str:
    """Draw a scene as an SVG that brings its own dark background.

    Raises ClickException where the scene ends otherwise than it should.
    """
    from rich.console import Console
    from rich.text import Text

    with _nowhere():
        shown = Text.from_ansi(printed(SCENES[name]))
        console = Console(record=True, width=SCENES[name].width, file=io.StringIO())
        console.print(shown)
        title = f"evsrep-{name}"
        svg = console.export_svg(title="evsrep", unique_id=title, code_format=_svg_format())
    return "".join(f"{line.rstrip()}\n" for line in svg.splitlines())


def _svg_format() -> str:
    """Rich's, without fonts from the network: a picture shows what it holds."""
    from rich._export_format import CONSOLE_SVG_FORMAT

    return re.sub(r"\s*@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)


def printed(scene: Scene) -> str:
    """Return what is on the screen when all is typed.

    Raises ClickException where the last command ends otherwise than the scene says.
    """
    os.environ["COLUMNS"] = str(scene.width)
    clock = _Clock()
    for line in scene.before:
        _run(line, Screen(), clock)
    screen = Screen()
    seen: list[str] = []
    if scene.held_at:
        clock.hold(scene.held_at, lambda: seen.append(screen.at_rest()))
    codes = [_type(line, screen, clock) for line in scene.typed]
    text = seen[0] if seen else screen.text
    if codes[-1] != scene.exit_code or bool(seen) != bool(scene.held_at):
        raise click.ClickException(f"no picture could be taken:\n{text}")
    return _with_known_ids(text, _ids(clock))


def _type(line: str, screen: "Screen", clock: "_Clock") -> int:
    screen.write(f"$ {line}\n")
    words = line.replace("\\\n", "")
    is_ours = words.startswith("evsrep ")  # the only other line says what is so already
    return _run(words.removeprefix("evsrep "), screen, clock) if is_ours else 0


def _run(line: str, screen: "Screen", clock: "_Clock") -> int:
    environment = Environment(clock=clock, stdin=screen, out=screen, err=screen)
    return evsrep(shlex.split(line), environment)


def _nothing() -> None:
    pass


def _ids(clock: "_Clock") -> set[str]:
    """Return the IDs of what was made, which are random; those of the sandbox's disks are not."""
    screen = Screen()
    for things in ("list", "group list", "disks"):
        _run(f"{things} -p sandbox -o value -c id", screen, clock)
    return set(_ID.findall(screen.text)) - {disk.id for disk in seed_disks()}


def _with_known_ids(text: str, random_ids: set[str]) -> str:
    """Replace random IDs by the reference's, in the order in which they appear."""
    random_in_order = dict.fromkeys(one for one in _ID.findall(text) if one in random_ids)
    for random_id, known_id in zip(random_in_order, _IDS, strict=False):
        text = text.replace(random_id, known_id)
    return text


class Screen(io.StringIO):
    """A terminal, as far as evsrep uses one: lines can be gone back to and erased."""

    def __init__(self) -> None:
        super().__init__()
        self._lines = [""]
        self._at = 0
        self._erasures = 0

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        for piece in re.split(r"(\n|\r|\x1b\[\?25[hl]|\x1b\[\d*[AK])", text):
            if piece == "\n":
                self._at += 1
                self._lines += [""] * (self._at == len(self._lines))
            elif piece.endswith("A") and piece.startswith("\x1b"):
                self._at -= int(piece[2:-1] or 1)
            elif piece.endswith("K") and piece.startswith("\x1b"):
                self._lines[self._at] = ""
                self._erasures += 1
            elif piece != "\r" and not piece.startswith("\x1b[?25"):
                self._lines[self._at] += piece
        return len(text)

    @property
    def text(self) -> str:
        """What is seen, the spinner always in the same place."""
        return _SPINNER.sub("⠋", "\n".join(self._lines).rstrip("\n")) + "\n"

    def at_rest(self) -> str:
        """Return what is seen once nothing but the spinner has moved for three frames."""
        seen, since = self.text, self._erasures
        while self._erasures - since < 3:
            time.sleep(0.01)
            if self.text != seen and not self.text.startswith("\n"):
                seen, since = self.text, self._erasures
        return seen


class _Clock:
    """A clock that moves when someone sleeps, and can be made to hold the program up."""

    def __init__(self) -> None:
        self._moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp()
        self._looks_left = 0
        self._then: Callable[[], None] = _nothing

    def hold(self, looks: int, then: Callable[[], None]) -> None:
        """At that look at the time, hold everything up to do something.

        Up to a while before each look takes time: what is on the screen then has settled.
        """
        self._looks_left, self._then = looks, then

    def now(self) -> float:
        return self._moment

    def time(self) -> float:
        if self._looks_left:
            self._looks_left -= 1
            self._moment += _SECONDS_A_LOOK if self._looks_left > _STILL_LOOKS else 0
            if not self._looks_left:
                self._then()
        return self._moment

    def sleep(self, seconds: float) -> None:
        self._moment += seconds


@contextmanager
def _nowhere() -> Iterator[None]:
    """Have an empty home and no variables but a terminal's, until the block ends.

    Click and rich read the environment themselves, so it is not enough to hand in another one.
    """
    kept = dict(os.environ)
    with tempfile.TemporaryDirectory() as home:
        os.environ.clear()
        os.environ.update(HOME=home, COLUMNS=str(_WIDTH), TERM="xterm-256color", LANG="C.UTF-8")
        os.environ["EVSREP_PROFILE"] = "sandbox"
        folder = Path.cwd()
        os.chdir(home)
        Path("pairs.csv").write_text(f"production_disk,dr_disk\n{_SHEET}", encoding="utf-8")
        try:
            yield
        finally:
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(kept)
