"""Lists on a terminal: a line a thing, whatever the width, and nothing cut but names."""

import re
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from rich.cells import cell_len

from evsrep.output import styles
from evsrep.output.shapes import APPLIED, CHANGE, DELETION, DISK, EXPANSION, GROUP, PAIR, Shape
from evsrep.output.states import kind_of_state, state_of
from evsrep.output.terminal import terminal_of
from tests.output.test_text import drawn

WIDTHS = (60, 79, 80, 99, 100, 139, 140, 200)
NAMES = (
    "db-01",
    "oracle-prod-data-300-with-a-name-that-no-terminal-is-wide-enough-for-" + "x" * 180,
    "日本語のとても長い名前" * 8,
    "two words, and some more of them than would fit a narrow terminal of sixty columns",
    None,
)
STATES: tuple[dict[str, Any], ...] = (
    {"status": "available", "replication_status": "active", "fault_level": "0"},
    {"status": "available", "replication_status": "copying", "progress": 45},
    {"status": "available", "replication_status": "active", "fault_level": "5"},
    {"status": "available", "replication_status": "active-stopped", "fault_level": "2"},
    {"status": "error_deleting", "replication_status": None, "fault_level": "5"},
    {"status": "creating"},
    {"status": "never-heard-of"},
)


def pair(number: int) -> dict[str, Any]:
    """A pair as a list has it on a wide terminal."""
    return {
        "id": f"b0000000-0000-4000-8000-{number:012d}",
        "name": NAMES[number % len(NAMES)],
        "priority_station": ("eu-de-01", "az1.dc1")[number % 2],
        "group": (None, "shop", "g" * 200)[number % 3],
        "production_disk": f"bulk-{number:05}",
        "dr_disk": f"bulk-{number:05}-dr-" + "y" * (number % 80),
        "age": f"{number}m",
        **STATES[number % len(STATES)],
    }


def lines_of(shape: Shape, things: list[dict[str, Any]], width: int) -> list[str]:
    return drawn(things, width=width, is_one=False, shape=shape).splitlines()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("count", [1, 5, 30, 300])
def test_pairs_are_a_line_each_no_wider_than_the_terminal(width: int, count: int) -> None:
    lines = lines_of(PAIR, [pair(number) for number in range(count)], width)
    a_thing = len(lines) // (count + 1)
    assert len(lines) == (count + 1) * a_thing
    assert a_thing == 1 if width >= 80 else a_thing <= 2
    assert max(map(cell_len, lines)) <= width
    for number in range(count):
        assert lines[(number + 2) * a_thing - 1].split()[-1] == pair(number)["id"]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("shape", [GROUP, DISK, DELETION, EXPANSION, APPLIED, CHANGE])
def test_so_are_other_things(shape: Shape, width: int) -> None:
    things = [
        {
            **pair(number),
            "line": number + 2,
            "result": ("created", "not_run")[number % 2],
            "replication_ids": ["a", "b"],
            "availability_zone": "az1.dc1",
            "size": 32768,
            "volume_type": "SSD",
            "status": "available",
            "new_size": 400,
            "time": "2026-11-25T04:27:11.761+00:00",
            "profile": "sandbox",
            "command": "evsrep group create --name shop --pair db-01 --pair db-02 --wait",
            "outcome": "not_found",
        }
        for number in range(30)
    ]
    lines = lines_of(shape, things, width)
    assert max(map(cell_len, lines)) <= width
    ids = [line.split()[-1] for line in lines if "b0000000" in line]
    assert ids == [thing["id"] for thing in things]
    if width >= 80:
        assert len(lines) == len(things) + 1


@pytest.mark.parametrize("width", WIDTHS)
def test_what_went_wrong_is_below_its_row_broken_between_words(width: int) -> None:
    error = "the two disks are a pair already, which was seen just before anything was sent " * 3
    rows = [{**pair(number), "line": number, "result": "failed"} for number in range(3)]
    rows[1]["error"] = error
    lines = lines_of(APPLIED, rows, width)
    assert max(map(cell_len, lines)) <= width
    below = [line.strip() for line in lines if line.startswith("    ")]
    assert " ".join(below).split() == error.split()


def test_a_narrow_terminal_shows_less_and_a_wide_one_more() -> None:
    things = [pair(1) | {"dr_disk": "bulk-dr", "name": "db-01"}]
    headings = {width: lines_of(PAIR, things, width)[0] for width in (80, 100, 140)}
    assert headings[80].split() == ["NAME", "STATE", "PRIMARY", "ID"]
    assert headings[100].split() == ["NAME", "STATE", "PRIMARY", "GROUP", "ID"]
    assert headings[140].split() == [
        "NAME", "STATE", "PRIMARY", "GROUP", "PRODUCTION", "DISK", "DR", "DISK", "AGE", "ID",
    ]  # fmt: skip


def test_a_fault_that_the_state_does_not_tell_is_told_where_there_is_room() -> None:
    screen = lines_of(PAIR, [pair(4)], 100)
    assert screen[0].split()[:3] == ["NAME", "STATE", "FAULT"]
    assert "error_deleting  link down" in screen[1]


@pytest.mark.parametrize(
    ("thing", "state", "kind"),
    [
        (STATES[0], "active", "active"),
        (STATES[1], "copying 45 %", "copying"),
        (STATES[2], "link down (5)", "link down"),
        (STATES[3], "disk fault (2)", "disk fault"),
        (STATES[4], "error_deleting", "error_deleting"),
        (STATES[5], "creating", "creating"),
        ({"status": "available", "fault_level": "7"}, "fault (7)", "fault"),
        ({"status": "available"}, "available", "available"),
        ({}, "-", "-"),
    ],
)
def test_the_state_is_the_status_where_it_says_something(
    thing: dict[str, Any], state: str, kind: str
) -> None:
    assert (state_of(thing), kind_of_state(thing)) == (state, kind)


@settings(max_examples=40, deadline=None)
@given(
    width=st.integers(40, 200),
    names=st.lists(st.text(st.characters(exclude_categories=["Cs", "Mn", "Cf"])), min_size=1),
)
def test_no_name_makes_a_line_too_wide(width: int, names: list[str]) -> None:
    things = [{**pair(number), "name": name} for number, name in enumerate(names)]
    assert all(cell_len(line) <= width for line in lines_of(PAIR, things, width))


def test_the_columns_that_were_asked_for_wrap_between_words() -> None:
    words = "a description of several words that is longer than the line"
    things = [{"id": pair(1)["id"], "status": words}]
    screen = drawn(things, width=60, is_one=False, columns=("status", "id"))
    assert all(len(line) <= 60 for line in screen.splitlines())
    assert pair(1)["id"] in screen
    left = screen.replace(pair(1)["id"], "").split()
    assert left == ["STATUS", "ID", *words.split()]


# Colours, and terminals without


def _luminance(code: int) -> float:
    steps = (0, 95, 135, 175, 215, 255)
    index = code - 16
    channels = (steps[index // 36], steps[index // 6 % 6], steps[index % 6])
    linear = [
        value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in channels)
    ]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("style", [styles.GOOD, styles.UNDER_WAY, styles.LESS, styles.BAD])
def test_a_colour_is_told_from_white_and_from_black(style: str) -> None:
    luminance = _luminance(int(style.rpartition(";")[2]))
    assert 1.05 / (luminance + 0.05) >= 3.5
    assert (luminance + 0.05) / 0.05 >= 3.5


def test_a_state_is_coloured_by_its_first_word_and_a_name_never() -> None:
    things = [pair(0) | {"name": "error", "fault_level": "5"}]
    screen = drawn(things, width=80, is_one=False, color=True)
    assert f"\x1b[{styles.BAD}mlink down (5)\x1b[0m" in screen
    assert re.search(r"^error ", screen, re.MULTILINE)


@pytest.mark.parametrize(
    ("variables", "no_color", "allows", "forces"),
    [
        ({}, False, True, False),
        ({"NO_COLOR": "1"}, False, False, False),
        ({"NO_COLOR": ""}, False, True, False),
        ({}, True, False, False),
        ({"FORCE_COLOR": "1"}, False, True, True),
        ({"CLICOLOR_FORCE": "1"}, False, True, True),
        ({"FORCE_COLOR": "0"}, False, True, False),
        ({"FORCE_COLOR": ""}, False, True, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False, False),
        ({"FORCE_COLOR": "1"}, True, False, False),
        ({"TERM": "dumb"}, False, False, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, False, True, True),
    ],
)
def test_who_decides_on_colour(
    variables: dict[str, str], no_color: bool, allows: bool, forces: bool
) -> None:
    terminal = terminal_of(variables, no_color=no_color)
    assert (terminal.allows_color, terminal.forces_color) == (allows, forces)


@pytest.mark.parametrize(
    ("variables", "has_unicode"),
    [
        ({"LANG": "en_GB.UTF-8"}, True),
        ({"LANG": "C.utf8"}, True),
        ({"LC_CTYPE": "UTF-8"}, True),
        ({"LANG": "C"}, False),
        ({"LANG": "POSIX"}, False),
        ({}, False),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, False),  # what Python makes of LANG=C
        ({"LANG": "C", "LC_ALL": "de_DE.UTF-8"}, True),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "C"}, False),
        ({"LANG": "de_DE.ISO-8859-1"}, False),
    ],
)
def test_who_decides_on_signs_beyond_ascii(variables: dict[str, str], has_unicode: bool) -> None:
    assert terminal_of(variables, no_color=False).has_unicode is has_unicode
