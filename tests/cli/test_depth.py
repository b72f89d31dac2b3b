"""How far it is from what is typed to the POST: few functions of ours, and no way back up."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import evsrep
from tests.conftest import EXAMPLE, Run

HOUSE = Path(evsrep.__file__).parent
DEEPEST = 10

Way = list[tuple[str, str]]  # a file of the house and a function in it, from the outermost on


class Watch:
    """Watches what reaches the in-process sandbox, which is called by the thread that types."""

    def __init__(self) -> None:
        self.ways: list[Way] = []

    def __enter__(self) -> "Watch":
        sys.setprofile(self._look)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _look(self, frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        is_app = code.co_name == "__call__" and code.co_filename == str(HOUSE / "sandbox/app.py")
        if event != "call" or not is_app:
            return
        environ = frame.f_locals["environ"]
        if environ["REQUEST_METHOD"] == "POST" and "vendor" in environ["PATH_INFO"]:
            self.ways.append(list(_functions(frame.f_back))[::-1])


def _functions(frame: FrameType | None) -> Iterator[tuple[str, str]]:
    """The functions of ours that called each other to get here, the innermost first."""
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(HOUSE):
            yield str(path.relative_to(HOUSE)), frame.f_code.co_name
        frame = frame.f_back


@pytest.fixture
def group(sandbox: Run) -> str:
    """An active group of one pair; its name."""
    words = ("--name", "shop", "--pair", "data", "--wait")
    assert sandbox("create", *EXAMPLE, "--name", "data", "--wait").exit_code == 0
    assert sandbox("group", "create", *words).exit_code == 0
    return "shop"


@pytest.mark.parametrize(
    "words", [("create", "--production-disk", "db-01-data", "--dr-disk", "db-01-data-dr"),
              ("group", "failover", "shop", "--yes", "--force")], ids=["create", "group failover"],
)  # fmt: skip
def test_it_is_not_far_to_the_post(sandbox: Run, group: str, words: tuple[str, ...]) -> None:
    with Watch() as watch:
        done = sandbox(*words)
    assert done.exit_code == 0, done.stderr
    [way] = watch.ways
    assert len(way) <= DEEPEST, way
    rooms = [file.partition("/")[0] for file, _ in way]
    assert "cli" in rooms
    assert "jobs" in rooms
    assert "cli" not in rooms[rooms.index("jobs") :], way
