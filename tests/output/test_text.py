"""What may come out of evsrep, whatever went in."""

import base64
import io
import json
import re
import unicodedata
import uuid
from typing import Any
from urllib.parse import quote, quote_plus

from hypothesis import given, settings, strategies as st

from evsrep.output.console import Console
from evsrep.output.shapes import PAIR, Shape
from evsrep.output.terminal import Terminal as TerminalKind
from evsrep.output.text import as_cell, as_json, harmless
from evsrep.secrets import without_secrets

quick = settings(max_examples=30, deadline=None)

BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
LINE_ENDS = re.compile("[\u0085\u2028\u2029]")

any_text = st.text(st.characters(), max_size=60)
nasty_text = st.text(
    st.sampled_from(
        "\x00\x07\x08\t\n\r\x1b[31m]0;\x7f\x85\x9b\u200e\u202e\u2066\u2028\ud800x🚀e\u0301é\\"
    ),
    max_size=30,
)
texts = any_text | nasty_text
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def controls_in(text: str) -> list[str]:
    return [c for c in text if unicodedata.category(c) in ("Cc", "Cs")]


# JSON


@quick
@given(json_values)
def test_json_reads_back_as_what_it_was(value: Any) -> None:
    assert json.loads(as_json(value)) == value


@quick
@given(json_values)
def test_json_is_one_line_without_raw_controls_and_is_utf_8(value: Any) -> None:
    text = as_json(value)
    assert controls_in(text) == []
    assert len(text.split("\n")) == 1
    text.encode()


@quick
@given(json_values)
def test_json_on_several_lines_has_no_other_controls(value: Any) -> None:
    text = as_json(value, indent=2)
    assert set(controls_in(text)) <= {"\n"}
    assert json.loads(text) == value


def test_json_keeps_what_is_safe_as_it_is() -> None:
    assert as_json({"name": "naïve 🚀 שלום"}) == '{"name": "naïve 🚀 שלום"}'


# Text


@quick
@given(texts)
def test_harmless_text_has_nothing_that_a_terminal_obeys(text: str) -> None:
    shown = harmless(text)
    assert controls_in(shown) == []
    assert not BIDI.search(shown)
    assert not LINE_ENDS.search(shown)
    shown.encode()


@quick
@given(texts)
def test_harmless_text_stays_as_it_is(text: str) -> None:
    shown = harmless(text)
    assert harmless(shown) == shown


@quick
@given(st.text(st.characters(categories=["L", "M", "N", "P", "S", "Zs"])))
def test_text_without_controls_is_not_touched(text: str) -> None:
    assert harmless(text) == text


@quick
@given(json_values)
def test_a_cell_is_one_line_that_is_harmless(value: Any) -> None:
    shown = as_cell(value)
    assert controls_in(shown) == []
    assert len(shown.splitlines()) <= 1


@quick
@given(json_values)
def test_a_cell_has_no_marks_that_turn_the_direction(value: Any) -> None:
    assert not BIDI.search(as_cell(value))


@quick
@given(before=texts, secret=st.text(min_size=4, max_size=20), after=texts)
def test_a_secret_is_starred_out_wherever_it_stands(before: str, secret: str, after: str) -> None:
    if secret in before + "***" + after:
        return
    said = without_secrets(f"{before}{secret}{after}", [secret])
    assert secret not in said or secret in "***"


def test_a_longer_secret_goes_before_one_inside_it() -> None:
    assert without_secrets("open sesame!", ["sesame", "open sesame"]) == "***!"


# Tables


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def ids() -> st.SearchStrategy[str]:
    return st.uuids().map(str)


@st.composite
def pairs(draw: st.DrawFn) -> dict[str, Any]:
    """A pair as a cloud might tell it."""
    return {
        "id": draw(ids()),
        "name": draw(st.none() | texts),
        "description": draw(texts),
        "status": draw(st.sampled_from(["creating", "available", "error", "never heard of"])),
        "replication_status": draw(st.none() | st.just("active-stopped")),
        "progress": draw(st.none() | st.integers(0, 100)),
        "priority_station": draw(st.just("az2.dc2") | texts),
        "volume_ids": draw(st.lists(ids(), max_size=3)),
        "record_metadata": draw(st.none() | json_values),
        draw(st.sampled_from(["moon_phase", "zone", "x"])): draw(json_values),
    }


def drawn(
    things: list[dict[str, Any]],
    *,
    width: int,
    is_one: bool,
    color: bool = False,
    columns: tuple[str, ...] = (),
    shape: Shape = PAIR,
) -> str:
    """A table as a terminal of that width shows it."""
    import os

    out = Terminal()
    console = Console(
        out=out, err=io.StringIO(), terminal=TerminalKind(allows_color=color), columns=columns
    )
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = str(width)
    try:
        if is_one:
            console.show(shape, things[0])
        else:
            console.show_all(shape, things)
    finally:
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before
    return out.getvalue()


def whole_ids(things: list[dict[str, Any]]) -> set[str]:
    return {each for thing in things for each in (thing["id"], *thing["volume_ids"])}


@quick
@given(pair=pairs(), width=st.integers(20, 200))
def test_one_pair_on_a_terminal_keeps_its_ids_whole(pair: dict[str, Any], width: int) -> None:
    screen = drawn([pair], width=width, is_one=True)
    for whole in whole_ids([pair]):
        assert whole in screen


@quick
@given(things=st.lists(pairs(), max_size=4), width=st.integers(20, 200))
def test_many_pairs_on_a_terminal_keep_their_ids_whole(
    things: list[dict[str, Any]], width: int
) -> None:
    screen = drawn(things, width=width, is_one=False, columns=("name", "volume_ids", "id"))
    for whole in whole_ids(things):
        assert whole in screen


@quick
@given(pair=pairs(), width=st.integers(20, 200), is_one=st.booleans())
def test_a_table_has_no_control_but_line_ends(
    pair: dict[str, Any], width: int, is_one: bool
) -> None:
    assert set(controls_in(drawn([pair], width=width, is_one=is_one))) <= {"\n"}


@quick
@given(pair=pairs(), width=st.integers(80, 200))
def test_a_coloured_table_has_no_sequences_but_colours(pair: dict[str, Any], width: int) -> None:
    screen = drawn([pair], width=width, is_one=True, color=True)
    assert set(controls_in(re.sub(r"\x1b\[[0-9;]*m", "", screen))) <= {"\n"}


@quick
@given(things=st.lists(pairs(), min_size=1, max_size=4))
def test_a_piped_table_has_a_line_for_each(things: list[dict[str, Any]]) -> None:
    out = io.StringIO()
    Console(out=out, err=io.StringIO()).show_all(PAIR, things)
    text = out.getvalue()
    assert len(text.split("\n")) == len(things) + 2
    for whole in whole_ids(things):
        assert whole in text


def test_ids_in_capitals_are_kept_whole_too() -> None:
    pair_id, disk_id = (str(uuid.uuid4()).upper() for _ in range(2))
    pair = {"id": pair_id, "volume_ids": [disk_id]}
    for width in range(20, 120, 7):
        for is_one in (True, False):
            screen = drawn([pair], width=width, is_one=is_one, columns=("id", "volume_ids"))
            assert pair_id in screen
            assert disk_id in screen


@quick
@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=4),
    st.binary(),
    st.binary(),
)
def test_a_secret_is_starred_out_however_it_is_written(
    secret: str, before: bytes, after: bytes
) -> None:
    encoded = base64.b64encode(before + secret.encode() + after).decode()
    shown = without_secrets(encoded, [secret])
    assert "***" in shown
    for written in (secret, json.dumps(secret), json.dumps(json.dumps(secret)), repr(secret),
                    quote(secret), quote_plus(secret), quote(json.dumps(secret))):  # fmt: skip
        assert "***" in without_secrets(f"x{written}x", [secret])
