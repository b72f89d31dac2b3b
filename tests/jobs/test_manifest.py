"""Reading a file of pairs: every fault by its line, whatever the bytes are."""

import io
import json
from contextlib import closing, suppress
from typing import Any

import pytest
from hypothesis import given, strategies as st

from evsrep.cloud.models import Defaults
from evsrep.errors import UsageFault
from evsrep.jobs.manifest import Row, format_of, read_manifest
from evsrep.jobs.manifest_formats import COLUMNS, FORMATS, MOST_KEPT

HEAD = "production_disk,dr_disk,name\n"


def entries(text: str | bytes, form: str = "csv", **how: Defaults) -> list[Row]:
    raw = text.encode() if isinstance(text, str) else text
    with closing(read_manifest(io.BytesIO(raw), form, **how)) as manifest:
        found = list(manifest)
        assert len(found) == manifest.count
        return found


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
    assert faults(HEAD + 'a,b,"x\ny"\n\nc,c,z\n') == [
        "line 5: the two disks must be different, and both are c"
    ]


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
        ("production_disk,dr_disk,nme\na,b,c\n", "line 1: there is no column 'nme'"),
        ("production_disk,dr_disk,name,name\n", "line 1: the column name is there twice"),
        ("production_disk,name\na,b\n", "line 1: the column dr_disk is missing"),
        ("volume_ids\na b\n", "line 1: the column priority_station is missing"),
        (HEAD + "a,b\n", "line 2: it has 2 cells, and there are 3 columns"),
        (HEAD + "a,b,c,d\n", "line 2: it has 4 cells, and there are 3 columns"),
        (HEAD + ",b,c\n", "line 2: production_disk is missing or empty"),
        (HEAD + 'a,b,"c\n', "line 2: it is not CSV: unexpected end of data"),
        (HEAD.encode() + b"a,b,\xff\n", "line 2: it is not UTF-8 text"),
        (HEAD + "a,b," + "ü" * 128 + "\n", "line 2: name has 256 bytes as UTF-8, and at most 255"),
        (HEAD + "a,b,x\nb,c,y\n", "line 3: disk b is named in line 2 as well"),
        (b"x" * (2 << 20), "line 1: the line is longer than 1 MiB"),
        (HEAD + "a,b,\x00\r\rx\n", "line 2: it is not CSV: new-line character seen in unquoted"),
    ],
)
def test_what_is_wrong_with_a_csv(text: str, told: str) -> None:
    assert faults(text)[0].startswith(told)


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
        ("jsonl", '{"nme": "a"}', "line 1: there is no key 'nme'"),
        ("jsonl", "[" * 100_000, "line 1: it is not valid JSON"),
        ("jsonl", '{"volume_ids": [1]}', "line 1: volume_ids is to be a list of two IDs"),
        ("jsonl", '{"volume_ids": ["a"], "priority_station": "z"}', "line 1: volume_ids is wanted"),
        ("toml", "a = ", "the file is not TOML: "),
        ("toml", "pair = 1\n", "'pair' is not a list of tables"),
        ("toml", "pair = [1]\n", "pair 1: it is to be a table, not a number"),
        ("toml", "[[pairs]]\n", "there is no key 'pairs'"),
        ("toml", "[[pair]]\nname = true\n", "pair 1: name is to be text, not true or false"),
        ("toml", "[[pair]]\nname = 2020-01-01\n", "pair 1: name is to be text, not a time"),
        ("toml", b"\xff", "the file is not UTF-8 text"),
        ("toml", b"#" * (17 << 20), "TOML is read whole, and 16 MiB at most"),
        ("toml", "a = " + "[" * 100_000, "the file is not TOML: it is nested too deeply"),
    ],
)
def test_what_is_wrong_with_the_others(form: str, text: str, told: str) -> None:
    assert faults(text, form)[0].startswith(told)


def test_all_faults_are_told_at_once_within_reason() -> None:
    told = faults(HEAD + "a,a,x\n" * 50)
    assert told[0] == "line 2: the two disks must be different, and both are a"
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
    monkeypatch.setattr("evsrep.jobs.manifest_formats._MOST_LINES", 1000)
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
        assert entries(json.dumps(value), "jsonl")
