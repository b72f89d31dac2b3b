"""The cloud's JSON: what is documented is understood, what is not can't hurt."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from evsrep.cloud import identity, reading, wire
from evsrep.cloud.models import Endpoint, Group, GroupChange, GroupOrder, PairOrder, Session
from evsrep.jobs.actions import ACTIONS
from tests.conftest import DR, PRODUCTION

MESSAGES = Path(__file__).parent.parent / "wire"
ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner),
    max_leaves=10,
)


def message(name: str) -> bytes:
    return (MESSAGES / f"{name}.json").read_bytes()


def test_a_created_pair_is_read_as_documented() -> None:
    pair = wire.pair_from_wire(reading.member(message("created"), "replication"))
    assert pair.id == "91085433-9499-4a68-b2c6-35072467ccd2"
    assert pair.disks == (PRODUCTION, DR)
    assert pair.status == "creating"
    assert pair.fields["volume_ids"] == [PRODUCTION, DR]
    assert "progress" not in pair.fields


def test_a_shown_pair_has_its_three_decodings() -> None:
    pair = wire.pair_from_wire(reading.member(message("shown"), "replication"))
    assert pair.progress == 100
    assert pair.fields["record_metadata"] == {
        "volume_size": 10,
        "volume_type": "ssd",
        "multiattach": False,
    }
    assert len(pair.fields["volume_ids"]) == 2


def test_listed_pairs_take_metadata_as_text_and_as_object() -> None:
    pairs = [
        wire.pair_from_wire(each) for each in reading.members(message("listed"), "replications")
    ]
    assert [pair.fields["record_metadata"]["volume_size"] for pair in pairs] == [5, 10]
    assert [pair.progress for pair in pairs] == [None, 100]
    assert pairs[1].group_id == "13b582e6-092e-4f7a-9260-8eb7a4ad860e"


def group_in(name: str) -> Group:
    return wire.group_from_wire(reading.member(message(name), "replication_consistency_group"))


def test_a_created_group_does_not_tell_all_yet() -> None:
    group = group_in("group-created")
    assert (group.status, group.priority_station) == ("creating", "az2.dc2")
    assert (group.replication_status, group.pair_ids, group.fault_level) == ("", None, "0")
    assert "replication_ids" not in group.fields


def test_a_shown_group_has_its_zone_though_the_field_is_misspelt() -> None:
    group = group_in("group-shown")
    assert group.priority_station == group.fields["priority_station"] == "az3.dc3"
    assert "priority_staion" not in group.fields
    assert group.pair_ids == (
        "6690b30a-b40c-4a50-bd4a-7e5c1e28b821",
        "190081db-9023-431d-a51a-197faf3762b5",
    )


def test_listed_groups_tell_what_is_wrong_with_them() -> None:
    found = reading.members(message("groups-listed"), "replication_consistency_groups")
    first, second = map(wire.group_from_wire, found)
    assert (first.status, first.fault_level) == ("failovered", "2")
    assert (second.name, second.pair_ids, second.failure_detail) == ("", (), "37100043")
    assert second.label == second.id


def test_the_requests_of_a_group_are_those_of_the_examples() -> None:
    first, second = group_in("group-shown").pair_ids or ()
    order = GroupOrder((first,), "az2.dc2", "hypermetro", "shop", "what the shop runs on")
    bodies = {
        "create": wire.group_order_to_wire(order),
        "rename": wire.group_change_to_wire(GroupChange(name="web-shop")),
        "update": wire.group_change_to_wire(GroupChange(add=(second,), remove=(first,))),
        "expand": wire.expansion_to_wire(second, 20),
        **{action.name: {action.wire: None} for action in ACTIONS.values()},
    }
    assert bodies == json.loads(message("group-requests"))


def test_what_was_not_given_is_absent_from_the_order() -> None:
    body = wire.order_to_wire(PairOrder((PRODUCTION, DR), "az2.dc2", "hypermetro"))
    assert body == {
        "replication": {
            "volume_ids": [PRODUCTION, DR],
            "priority_station": "az2.dc2",
            "replication_model": "hypermetro",
        }
    }


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"<html>no</html>", "HTML"),
        (b'{"replication": {"id"', "cut short"),
        (b"[1, 2]", "list"),
        (b'{"x": NaN}', "not valid JSON"),
        (b'{"x": 1e999}', "not valid JSON"),
        (b'{"x": ' + b"9" * 1_000_000 + b"}", "not valid JSON"),
        (b"[" * 100_000, "nested"),
        (b'{"x": "\xff"}', "UTF-8"),
    ],
)
def test_an_answer_that_is_not_json_is_unreadable_and_says_how(body: bytes, says: str) -> None:
    with pytest.raises(reading.Unreadable, match=says):
        reading.read_object(body)


@given(ANY_JSON, st.sampled_from(["id", "name", "status", "volume_ids", "progress"]), ANY_JSON)
def test_any_json_in_any_field_is_a_pair_or_unreadable(thing: Any, key: str, value: Any) -> None:
    body = {**json.loads(message("shown"))["replication"], key: value, "record_metadata": thing}
    try:
        pair = wire.pair_from_wire(body)
    except reading.Unreadable:
        assert key == "id"
        return
    assert isinstance(pair.fields["volume_ids"], list)
    assert pair.progress is None or isinstance(pair.progress, int | float)
    json.dumps(pair.fields, allow_nan=False)


@given(ANY_JSON)
def test_any_json_is_a_disk_a_server_and_a_session_or_unreadable(thing: Any) -> None:
    body = {"id": "x", "attachments": thing, "size": thing, "user": thing, "catalog": thing}
    wire.disk_from_wire(body)
    wire.server_from_wire({**body, "status": thing})
    try:
        session = identity.session_from_wire("t", {**body, "project": thing})
    except reading.Unreadable:
        assert thing["id"] != session_id_of(thing)
        return
    assert session.project_id == session_id_of(thing)


def session_id_of(project: Any) -> str:
    """The ID of a project, where it has one that a URL and a header can hold."""
    project_id = project.get("id") if isinstance(project, dict) else None
    is_usable = isinstance(project_id, str) and re.fullmatch(r"[!-~]+", project_id)
    return project_id if is_usable and not set(project_id) & set("/?#%") else ""


@pytest.mark.parametrize(
    ("given_progress", "read"),
    [("100", 100), ("37.5", 37.5), (12, 12), (None, None), ("", None), ("nan", None), (True, None)],
)
def test_progress_is_a_number_or_null(given_progress: Any, read: float | None) -> None:
    pair = wire.pair_from_wire({"id": "x", "progress": given_progress})
    assert pair.progress == read


def test_a_session_survives_being_kept() -> None:
    endpoint = Endpoint("volumev2", "public", "eu-de", "https://evs.eu-de.example.com/v2/p")
    session = Session("t", "2030-01-01T00:00:00Z", "alice", "dom", "p", "eu-de", (endpoint,))
    assert identity.session_from_json(identity.session_to_json(session)) == session


@given(st.binary(max_size=60) | ANY_JSON.map(lambda thing: json.dumps(thing).encode()))
def test_a_kept_session_that_is_none_is_unreadable(kept: bytes) -> None:
    with pytest.raises(reading.Unreadable):
        identity.session_from_json(kept)


@pytest.mark.parametrize(
    ("moment", "seconds"),
    [
        ("1970-01-01T00:01:40Z", 0),
        ("1970-01-01T00:01:41.000000Z", 1),
        ("1970-01-01T00:01:41.123456789Z", 1),
        ("1970-01-01T02:01:40+02:00", 0),
        ("1970-01-01T00:01:40", 0),
        ("soon", None),
        ("1970-13-01T00:00:00Z", None),
    ],
)
def test_times_are_read_as_iam_writes_them(moment: str, seconds: float | None) -> None:
    assert identity.seconds_until(moment, 100.0) == seconds
