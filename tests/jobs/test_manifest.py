"""Reading a file of pairs: every fault by its line, whatever the bytes are."""

import csv
import io
import json
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from evsrep.cloud.models import Defaults
from evsrep.errors import UsageFault
from evsrep.jobs.manifest import Row, format_of, read_manifest
from evsrep.jobs.manifest_faults import COLUMNS, MOST_KEPT
from evsrep.jobs.manifest_formats import FORMATS

HEAD = "production_disk,dr_disk,name\n"


def entries(text: str | bytes, form: str = "csv", **how: Defaults) -> list[Row]:
    raw = text.encode() if isinstance(text, str) else text
    with closing(read_manifest(io.BytesIO(raw), form, **how)) as manifest:
        found = list(manifest)
        assert len(found) == manifest.count
        return found


def both_are(name: str) -> str:
    """What is said of one name for both disks, where no zone tells two of that name apart."""
    way = "where two disks are called so, priority_station tells them apart"
    return f"the two disks must be different, and both are {name}; {way}"


def faults(text: str | bytes, form: str = "csv") -> list[str]:
    with pytest.raises(UsageFault) as told:
        entries(text, form)
    return list(told.value.faults) or [told.value.message]


def brief(found: list[Row]) -> list[tuple[int, str, str, str | None]]:
    return [(each.line, *each.request.disks, each.request.name) for each in found]


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "a,b,x\nc,d,\n",
        "\ufeff" + HEAD + "a,b,x\nc,d,\n",
        (HEAD + "a,b,x\nc,d,\n").replace("\n", "\r\n"),
        (HEAD + "a,b,x\nc,d,\n").replace(",", ";"),
        (HEAD + "a,b,x\nc,d,\n").replace(",", "\t"),
        HEAD + "a,b,x\nc,d,",
        '"production_disk" , dr_disk,"name"\n"a","b","x"\nc,d,""\n'.replace(" ,", ","),
    ],
)
def test_a_csv_in_whatever_dress(text: str) -> None:
    assert brief(entries(text)) == [(2, "a", "b", "x"), (3, "c", "d", None)]


def test_a_cell_may_go_over_lines_and_the_numbers_stay_right() -> None:
    text = HEAD + 'a,b,"x\ny"\n\nc,d,z\n'
    assert brief(entries(text)) == [(2, "a", "b", "x\ny"), (5, "c", "d", "z")]
    assert faults(HEAD + 'a,b,"x\ny"\n\nc,c,z\n') == ["line 5: " + both_are("c")]


def test_json_lines() -> None:
    text = '{"production_disk": "a", "dr_disk": "b"}\n\n{"volume_ids": ["c", "d"], "name": "", '
    text += '"priority_station": "z"}\n'
    found = entries(text, "jsonl")
    assert brief(found) == [(1, "a", "b", None), (3, "c", "d", "")]
    assert found[1].request.priority_station == "z"


def test_toml_counts_its_pairs() -> None:
    text = '[[pair]]\nproduction_disk = "a"\ndr_disk = "b"\n[[pair]]\nvolume_ids = ["c", "d"]\n'
    text += 'priority_station = "z"\n'
    assert brief(entries(text, "toml")) == [(1, "a", "b", None), (2, "c", "d", None)]


def test_volume_ids_in_a_cell() -> None:
    text = 'volume_ids,priority_station\n"a, b",z\nc d,z\n'
    assert [each.request.disks for each in entries(text)] == [("a", "b"), ("c", "d")]


def test_defaults_fill_what_is_not_said() -> None:
    [found] = entries(HEAD + "a,b,x\n", defaults=Defaults("az1"))
    assert found.request.priority_station == "az1"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the file is empty: its first line is to name the columns"),
        ("\n\n", "the file is empty: its first line is to name the columns"),
        (
            "production_disk,dr_disk,nme\na,b,c\n",
            "line 1: there is no column 'nme'; did you mean 'name'?",
        ),
        ("production_disk,dr_disk,name,name\n", "line 1: the column name is there twice"),
        ("production_disk,name\na,b\n", "line 1: the column dr_disk is missing"),
        ("volume_ids\na b\n", "line 1: the column priority_station is missing"),
        (HEAD + "a\n", "line 2: dr_disk is missing or empty"),
        (HEAD + "a,b,c,d\n", "line 2: it has 4 cells, and there are 3 columns"),
        (HEAD + ",b,c\n", "line 2: production_disk is missing or empty"),
        (HEAD + 'a,b,"c\n', "line 2: it is not CSV: unexpected end of data"),
        (HEAD.encode() + b"a,b,\xff\n", "line 2: it is not UTF-8 text"),
        (HEAD + "a,b," + "ü" * 128 + "\n", "line 2: name has 256 bytes as UTF-8, and at most 255"),
        (HEAD + "a,b,x\nb,c,y\n", "line 3: disk b is named in line 2 as well"),
        (b"x" * (2 << 20), "line 1: the line is longer than 1 MiB"),
        (HEAD + "a,b,\x00\r\rx\n", "line 4: dr_disk is missing or empty"),
    ],
)
def test_what_is_wrong_with_a_csv(text: str, told: str) -> None:
    assert faults(text)[0].startswith(told)


SHEETS = Path(__file__).parent / "sheets"
ONE = ("18aa67ea-c7cb-4826-800d-50e67f0de75b", "375d23be-3658-498f-8b50-d3b950a890ec")
TWO = ("33f6d2a1-7b6b-49e7-93c8-ed05a19492de", "5ac231a6-77fb-49e0-898a-3ba330912e4d")


@pytest.mark.parametrize(
    ("sheet", "found"),
    [
        ("array.json", [(2, *ONE, None), (3, *TWO, None)]),
        ("blanks.csv", [(2, *ONE, "one")]),
        ("cr-only.csv", [(2, *ONE, "one")]),
        ("empty-columns.csv", [(2, *ONE, "one"), (3, *TWO, None)]),
        ("empty-rows.csv", [(2, *ONE, "one"), (4, *TWO, "two")]),
        ("headings.csv", [(2, *ONE, "one")]),
        ("only-heading.csv", []),
        ("sep-line.csv", [(3, *ONE, "one")]),
        ("type-line.csv", [(3, *ONE, "one")]),
        ("utf-16.csv", [(2, *ONE, "Müller")]),
    ],
)
def test_sheets_as_programs_save_them(sheet: str, found: list[tuple[int, str, str, str]]) -> None:
    with (
        (SHEETS / sheet).open("rb") as file,
        closing(read_manifest(file, format_of(sheet, None))) as manifest,
    ):
        assert brief(list(manifest)) == found


@pytest.mark.parametrize(
    ("sheet", "told", "hint"),
    [
        ("cp1252.csv", "line 2: it is not UTF-8 text", "save it as UTF-8"),
        ("trailing-comma.jsonl", "line 1: there is a comma behind the object", "an object a line"),
    ],
)
def test_sheets_that_can_not_be_read_have_one_fault(sheet: str, told: str, hint: str) -> None:
    with (SHEETS / sheet).open("rb") as file, pytest.raises(UsageFault) as raised:
        read_manifest(file, format_of(sheet, None))
    assert raised.value.message == told
    assert hint in raised.value.hint


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"PK\x03\x04\x14\x00\x06\x00", "it is a workbook (.xlsx, .ods)"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "it is an old workbook (.xls)"),
        (b"<!DOCTYPE html>\n<html>\xff", "it is an HTML or XML page"),
        (b"\x1f\x8b\x08", "it is compressed with gzip"),
        ("production_disk,dr_disk".encode("utf-16-le"), "it is not UTF-8 text, but seems to be"),
        (b"\xff\xfea", "it begins as UTF-16 text does, and is none"),
    ],
)
@pytest.mark.parametrize("form", FORMATS)
def test_what_is_no_text_has_one_fault_and_a_way_out(form: str, raw: bytes, told: str) -> None:
    with pytest.raises(UsageFault) as raised:
        entries(raw, form)
    assert raised.value.message.startswith(told)
    assert "save it as" in raised.value.hint


@pytest.mark.parametrize(
    ("form", "text"),
    [("csv", HEAD), ("jsonl", ""), ("jsonl", "[]"), ("jsonl", "[\n]\n"), ("toml", "pair = []")],
)
def test_no_pairs_at_all_is_no_fault(form: str, text: str) -> None:
    assert entries(text, form) == []


def test_pretty_json_has_the_lines_on_which_its_objects_begin() -> None:
    pairs = [{"production_disk": "a", "dr_disk": "b"}, {"production_disk": "c", "dr_disk": "d"}]
    apart = "\n".join(json.dumps(pair, indent=2) for pair in pairs)
    assert brief(entries(apart, "jsonl")) == [(1, "a", "b", None), (5, "c", "d", None)]
    together = json.dumps(pairs, indent=2)
    assert brief(entries(together, "jsonl")) == [(2, "a", "b", None), (6, "c", "d", None)]
    assert faults("[" + json.dumps(pairs[0]) + ",\n]", "jsonl") == [
        "line 1: there is a comma behind the object"
    ]


WORDS = st.text("abcü,;\t\"'", min_size=1, max_size=6).map(str.strip).filter(bool)
BLANKS = st.sampled_from(["", " ", "\u00a0", "  "])


@given(
    names=st.lists(WORDS, min_size=1, max_size=4),
    blank=BLANKS,
    separator=st.sampled_from([",", ";", "\t"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    coding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    preamble=st.sampled_from(["", "sep", "#TYPE Selected.Object"]),
    empty_columns=st.integers(0, 2),
    empty_row=st.booleans(),
)
def test_what_spreadsheets_write_is_read_back(
    names: list[str],
    blank: str,
    separator: str,
    end: str,
    coding: str,
    preamble: str,
    empty_columns: int,
    empty_row: bool,
) -> None:
    file = io.StringIO(newline="")
    if preamble:
        file.write((f"sep={separator}" if preamble == "sep" else preamble) + end)
    writer = csv.writer(file, delimiter=separator, lineterminator=end)
    tail = [""] * empty_columns
    writer.writerow(["Production Disk", "DR_Disk", "NAME", *tail])
    for number, name in enumerate(names):
        writer.writerow([f"p{number}{blank}", f"{blank}d{number}", name, *tail])
        if empty_row:
            writer.writerow(["", blank, "", *tail])
    found = entries(file.getvalue().encode(coding))
    assert [each[1:] for each in brief(found)] == [
        (f"p{number}", f"d{number}", name) for number, name in enumerate(names)
    ]


ID = "18aa67ea-c7cb-4826-800d-50e67f0de75b"


def test_an_id_is_the_same_in_capitals() -> None:
    assert faults(HEAD + f"{ID},b,x\n{ID.upper()},c,y\n") == [
        f"line 3: disk {ID.upper()} is named in line 2 as well"
    ]


@pytest.mark.parametrize(
    ("form", "text", "told"),
    [
        ("jsonl", '{"production_disk": "a"', "line 1: it is not valid JSON"),
        ("jsonl", "[1]\n", "line 1: it is not a JSON object"),
        ("jsonl", '\n{"name": 5}\n', "line 2: name is to be text, not a number"),
        ("jsonl", '{"name": "a", "name": "b"}', "line 1: the key name is there twice"),
        ("jsonl", '{"nme": "a"}', "line 1: there is no key 'nme'; did you mean 'name'?"),
        ("jsonl", "[" * 100_000, "line 1: it is not valid JSON"),
        ("jsonl", '{"volume_ids": [1]}', "line 1: volume_ids is to be a list of two IDs"),
        ("jsonl", '{"volume_ids": ["a"], "priority_station": "z"}', "line 1: volume_ids is wanted"),
        ("toml", "a = ", "the file is not TOML: "),
        ("toml", "pair = 1\n", "'pair' is not a list of tables"),
        ("toml", "pair = [1]\n", "pair 1: it is to be a table, not a number"),
        ("toml", "[[pairs]]\n", "there is no key 'pairs'"),
        ("toml", "[[pair]]\nname = true\n", "pair 1: name is to be text, not true or false"),
        ("toml", "[[pair]]\nname = 2020-01-01\n", "pair 1: name is to be text, not a time"),
        ("toml", b"\xff", "line 1: it is not UTF-8 text"),
        ("toml", (b"#" * 1023 + b"\n") * (17 << 10), "TOML is read whole, and 16 MiB at most"),
        ("toml", "a = " + "[" * 100_000, "the file is not TOML: it is nested too deeply"),
    ],
)
def test_what_is_wrong_with_the_others(form: str, text: str, told: str) -> None:
    assert faults(text, form)[0].startswith(told)


def test_all_faults_are_told_at_once_within_reason() -> None:
    told = faults(HEAD + "a,a,x\n" * 50)
    assert told[0] == "line 2: " + both_are("a")
    assert len(told) == MOST_KEPT + 1
    assert told[-1] == "and 30 more"


def test_a_file_without_end_is_not_read_to_its_end() -> None:
    class Endless(io.RawIOBase):
        lines = 0

        def readline(self, size: int | None = -1) -> bytes:
            self.lines += 1
            return HEAD.encode() if self.lines == 1 else b"p%d,d%d,x\n" % (self.lines, self.lines)

    file = Endless()
    with pytest.raises(UsageFault, match="at most 100000 pairs"):
        read_manifest(file, "csv")  # type: ignore[arg-type]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_blank_lines_without_end_are_not_read_to_their_end(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evsrep.jobs.manifest_text._MOST_LINES", 1000)
    head = HEAD if form == "csv" else ""
    with pytest.raises(UsageFault, match="at most 1000 lines"):
        read_manifest(io.BytesIO(head.encode() + b"\n" * 2000), form)


@pytest.mark.parametrize("name", ["a.csv", "A.CSV", "x.y.csv"])
def test_the_ending_tells_the_form(name: str) -> None:
    assert format_of(name, None) == "csv"
    assert format_of(name, "toml") == "toml"


@pytest.mark.parametrize("name", ["pairs", "pairs.txt", "csv", "-"])
def test_an_unknown_ending_wants_the_form(name: str) -> None:
    if name == "csv":
        assert format_of(name, None) == "csv"
        return
    with pytest.raises(UsageFault, match="does not tell"):
        format_of(name, None)


CELLS = st.one_of(st.sampled_from([*COLUMNS, "a", "b", ID, '"', ";", ",", "\t", "\n", "\r\n"]))
ALMOST = st.lists(CELLS, max_size=40).map(lambda parts: ",".join(parts).encode())


@pytest.mark.parametrize("form", FORMATS)
@given(raw=st.one_of(st.binary(max_size=300), ALMOST, st.text(max_size=200).map(
    lambda text: text.encode("utf-8", "surrogatepass"))))  # fmt: skip
def test_any_bytes_are_pairs_or_a_usage_fault(form: str, raw: bytes) -> None:
    with suppress(UsageFault):
        assert all(any(row.request.disks) for row in entries(raw, form))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(COLUMNS) | st.text(max_size=3), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip


@given(value=JSON)
def test_any_json_is_pairs_or_a_usage_fault(value: Any) -> None:
    with suppress(UsageFault):
        entries(json.dumps(value), "jsonl")
