"""The mistakes that people make with the names and IDs of things, each with its answer."""

import unicodedata
from pathlib import Path

import pytest

import evsrep
from evsrep.errors import ExitCode
from tests.conftest import DR, EXAMPLE, PRODUCTION, Run

PASTED = {
    "blanks": " {} ",
    "a comma": "{},",
    "quotes of a document": "\u201c{}\u201d",
    "quotes of JSON": '"{}",',
    "a no-break blank": "\u00a0{}\u00a0",
    "a blank that can't be seen": "\u200b{}\u200b",
    "a byte-order mark": "\ufeff{}",
    "a line end": "{}\r\n",
}


@pytest.mark.parametrize("pasted", PASTED.values(), ids=PASTED.keys())
def test_what_was_pasted_with_an_id_is_taken_off(sandbox: Run, pasted: str, tmp_path: Path) -> None:
    disks = ("--production-disk", pasted.format(PRODUCTION.upper()), "--dr-disk", pasted.format(DR))
    made = sandbox("create", *disks, "-o", "json")
    assert made.exit_code == ExitCode.DONE, made.stderr
    pair_id = pasted.format(made.json["id"])
    for words in (
        ("show", pair_id),
        ("wait", pair_id),
        ("wait", pair_id, pair_id.upper()),
        ("list", "--disk", pasted.format(DR)),
        ("delete", pair_id, "--yes"),
    ):
        done = sandbox(*words, "-o", "json")
        assert done.exit_code == ExitCode.DONE, done.stderr
        assert made.json["id"] in done.stdout


@pytest.mark.parametrize("pasted", PASTED.values(), ids=PASTED.keys())
def test_so_it_is_in_a_file_and_in_a_program(home: Path, sandbox: Run, pasted: str) -> None:
    file = home / "pairs.jsonl"
    row = {"production_disk": pasted.format(PRODUCTION), "dr_disk": pasted.format(DR)}
    file.write_text(evsrep_json(row))
    done = sandbox("apply", str(file), "-o", "json")
    assert [it["volume_ids"] for it in done.json] == [[PRODUCTION, DR]]
    pair_id = done.json[0]["id"]
    with evsrep.connect("sandbox") as cloud:
        assert evsrep.find_pair(cloud, pasted.format(pair_id)).id == pair_id
        pair = evsrep.wait_for_pair(cloud, pasted.format(pair_id))
        assert pair is not None
        assert pair.id == pair_id


def evsrep_json(row: dict[str, str]) -> str:
    import json

    return json.dumps(row) + "\n"


COMPOSED, DECOMPOSED = "caf\u00e9", "cafe\u0301"
NEAR = {
    "other letters": ("Web", "web", "one is called 'web', in other letters, big or small"),
    "blanks around it": ("web ", "web", "one is called 'web', with other blanks around it"),
    "composed": (
        COMPOSED,
        DECOMPOSED,
        f"one is called '{DECOMPOSED}', written in its decomposed form: cafe\\u0301",
    ),
    "decomposed": (
        DECOMPOSED,
        COMPOSED,
        f"one is called '{COMPOSED}', written in its composed form: caf\\xe9",
    ),
    "a slip": ("datbase", "database", "did you mean 'database'?"),
    "what can't be seen": ("we\u200bb", "web", "no pair is called 'we\\u200bb'"),
    "nothing near": ("web", "zzz", "no pair is called 'web'\n"),
}


@pytest.mark.parametrize(("typed", "name", "said"), NEAR.values(), ids=NEAR.keys())
def test_a_name_that_is_nearly_one_is_told_and_not_taken(
    sandbox: Run, typed: str, name: str, said: str
) -> None:
    assert sandbox("create", *EXAMPLE, "--name", name).exit_code == ExitCode.DONE
    for words in (("show", typed), ("delete", typed, "--yes"), ("wait", typed)):
        done = sandbox(*words)
        assert done.exit_code == ExitCode.NOT_FOUND
        assert said in done.stderr
    assert name in sandbox("list", "-o", "value", "-c", "name").stdout


def test_the_start_of_an_id_is_named_and_not_taken(sandbox: Run) -> None:
    pair_id = sandbox("create", *EXAMPLE, "-o", "json").json["id"]
    done = sandbox("delete", pair_id[:10], "--yes")
    assert done.exit_code == ExitCode.NOT_FOUND
    assert f"it is the start of one ID: {pair_id}" in done.stderr
    assert "start of one ID" not in sandbox("show", pair_id[:7]).stderr
    done = sandbox("create", "--production-disk", PRODUCTION[:8], "--dr-disk", DR)
    assert done.exit_code == ExitCode.NOT_FOUND
    assert f"it is the start of one ID: {PRODUCTION}" in done.stderr


def test_disks_groups_and_servers_as_well(sandbox: Run, home: Path) -> None:
    pair_id = sandbox("create", *EXAMPLE, "--wait", "-o", "json").json["id"]
    assert sandbox("group", "create", "--pair", pair_id, "--name", "Shop").exit_code == 0
    file = home / "pairs.csv"
    file.write_text("production_disk,dr_disk\nDB-01-data,db-01-data-dr\n")
    for words, said in (
        (("group", "show", "shop"), "one is called 'Shop', in other letters"),
        (("create", "--production-disk", "DB-01-data", "--dr-disk", DR), "one is called 'db-01-"),
        (("disks", "--server", "DB-01"), "one is called 'db-01', in other letters"),
        (("apply", str(file)), "one is called 'db-01-data', in other letters"),
    ):
        done = sandbox(*words)
        assert done.exit_code in (ExitCode.NOT_FOUND, ExitCode.PARTIAL), done.stderr
        assert said in done.stdout + done.stderr


def test_the_forms_are_what_they_are_called() -> None:
    assert unicodedata.normalize("NFC", DECOMPOSED) == COMPOSED != DECOMPOSED
