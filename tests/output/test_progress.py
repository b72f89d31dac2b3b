"""What moves on a terminal while something is under way, and what is left of it."""

import re
from pathlib import Path

import pytest

from evsrep.cli.app import Environment
from evsrep.cli.root import main
from evsrep.output.console import Console
from evsrep.output.progress import bar
from tests.conftest import FakeClock, Run, Terminal
from tests.workshop.pictures import Screen


@pytest.mark.parametrize("width", [60, 80, 140])
def test_the_bar_is_gone_before_the_rows_come(
    sandbox: Run, home: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    sandbox("sandbox", "seed", "--disks", "40")
    names = [f"bulk-{number:05}" for number in range(1, 13)]
    sheet = home / "pairs.csv"
    sheet.write_text("production_disk,dr_disk\n" + "".join(f"{n},{n}-dr\n" for n in names))
    monkeypatch.setenv("COLUMNS", str(width))
    screen = Screen()
    environment = Environment(clock=clock, stdin=screen, out=screen, err=screen)
    assert main(["apply", str(sheet), "-p", "sandbox", "--no-color"], environment) == 0
    assert not re.search("[█░⠋]|about", screen.text)
    heading, *rows = screen.text.splitlines()
    assert heading.split()[:2] == ["LINE", "RESULT"]
    assert rows[-1] == "12 created"
    assert max(map(len, (heading, *rows))) <= width


@pytest.mark.parametrize(("has_unicode", "full", "empty"), [(True, "█", "░"), (False, "#", "-")])
def test_the_bar_has_the_signs_of_the_locale(has_unicode: bool, full: str, empty: str) -> None:
    out, clock = Terminal(), FakeClock()
    nothing = lambda _text: None  # noqa: E731
    shown = bar(
        out, 4, now=clock.now, is_shown=True, report=nothing, tell=nothing, has_unicode=has_unicode
    )
    with shown as update:
        clock.sleep(1)
        update(2, "")
    assert f"{full * 12}{empty * 12}  2 of 4" in out.getvalue()
    assert out.getvalue().isascii() is not has_unicode


def test_a_dumb_terminal_gets_lines_that_stay(
    sandbox: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    words = ("--production-disk", "db-01-data", "--dr-disk", "db-01-data-dr", "--name", "db")
    done = sandbox("create", *words, "--wait", terminal=True)
    assert "\x1b" not in done.stdout + done.stderr
    assert "\r" not in done.stderr
    assert [line for line in done.stderr.splitlines() if ": creating" in line]


def test_colour_can_be_forced_where_there_is_no_terminal(
    sandbox: Run, pair_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in sandbox("list").stdout
    assert "\x1b[" in sandbox("show", "nope").stderr
    for form in ("json", "jsonl", "value"):
        assert "\x1b" not in sandbox("list", "-o", form).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in sandbox("list").stdout


def test_a_plain_locale_gets_plain_signs(
    sandbox: Run, pair_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox("create", "--production-disk", "db-01-data", "--dr-disk", "db-01-data-dr",
            "--name", "a-name-that-is-longer-than-there-is-room-for")  # fmt: skip
    monkeypatch.setenv("LANG", "C")
    for words in (["list"], ["show", pair_id], ["health"], ["sandbox", "disks"]):
        done = sandbox(*words, terminal=True, width=80)
        assert (done.stdout + done.stderr).isascii()
    assert "..." in sandbox("list", terminal=True, width=80).stdout


def test_what_is_said_meanwhile_takes_the_moving_line_away() -> None:
    err = Terminal()
    console = Console(out=Terminal(), err=err)
    with console.moving(True):
        err.write("⠋ ███  3 of 9")
        console.warn("the answer was lost")
    console.note("done")
    said = re.sub(r"\x1b\[[0-9;]*m", "", err.getvalue())
    assert said == "⠋ ███  3 of 9\r\x1b[2Kwarning: the answer was lost\ndone\n"


def test_on_one_screen_what_went_wrong_is_told_once(sandbox: Run, home: Path) -> None:
    sheet = home / "pairs.csv"
    sheet.write_text("production_disk,dr_disk\ndb-01-data,db-01-data-dr\nnope,db-01-log\n")
    done = sandbox("apply", str(sheet), terminal=True, width=100)
    assert (done.stdout + done.stderr).count("no disk is called 'nope'") == 1
    assert "the rows say which" not in done.stderr
    done = sandbox("delete", "nope", "db-01", "--yes", terminal=True, width=100)
    assert (done.stdout + done.stderr).count("no pair is called 'nope'") == 1
    piped = sandbox("apply", str(sheet))
    assert "no disk is called 'nope'" in piped.stdout
    assert "no disk is called 'nope'" in piped.stderr
