"""The sandbox answers in the shapes of the example messages, and takes the requests among them."""

import json
from pathlib import Path
from typing import Any

import pytest

from evsrep.sandbox.bulk import seed_more

from .conftest import Client, FakeClock, Json

MESSAGES = Path(__file__).parent.parent / "wire"
PAIRS, GROUPS = "/os-vendor-replications", "/os-vendor-replication-consistency-groups"
FIRST = "6690b30a-b40c-4a50-bd4a-7e5c1e28b821"
SECOND = "190081db-9023-431d-a51a-197faf3762b5"


def message(name: str) -> Json:
    found: Json = json.loads((MESSAGES / f"{name}.json").read_text(encoding="utf-8"))
    return found


def one_in(body: Json) -> Json:
    """The one thing in an answer, or the first of its list."""
    [(_, thing)] = body.items()
    found: Json = thing[0] if isinstance(thing, list) else thing
    return found


def check_shape(answer: Json, example: Json) -> None:
    """Check that an answer has an example's wrapping, keys and kinds of value; null fits any."""
    assert answer.keys() == example.keys()
    thing, model = one_in(answer), one_in(example)
    assert thing.keys() == model.keys()
    kinds = {key: {type(thing[key]), type(model[key])} - {type(None)} for key in model}
    assert [key for key, both in kinds.items() if len(both) > 1] == []


def test_a_pair_is_answered_in_the_shape_of_the_examples(demo: Client, clock: FakeClock) -> None:
    disks = demo.disk("example-production"), demo.disk("example-dr")
    made = demo.pair(*disks, station="az2.dc2", name="yes", description="yes").json
    check_shape(made, message("created"))
    clock.pass_(60)
    check_shape(demo.get(f"{PAIRS}/{made['replication']['id']}").json, message("shown"))
    check_shape(demo.get(PAIRS).json, message("listed"))


def test_a_group_is_answered_in_the_shape_of_the_examples(
    demo: Client, clock: FakeClock, pair_id: str
) -> None:
    made = demo.order_group([pair_id], "az2.dc2", name="shop", description="the shop").json
    check_shape(made, message("group-created"))
    group_id = made["replication_consistency_group"]["id"]
    clock.pass_(60)
    demo.do(group_id, "sync")
    check_shape(demo.get(f"{GROUPS}/{group_id}").json, message("group-shown"))
    check_shape(demo.get(GROUPS).json, message("groups-listed"))


@pytest.fixture
def ids(demo: Client, clock: FakeClock, path: Path, pair_id: str) -> dict[str, str]:
    """The pairs of the sandbox that stand for those of the examples."""
    seed_more(path, 6)
    second = demo.new_pair("bulk-00003-dr", "az2.dc2", "bulk-00003")
    clock.pass_(60)
    return {FIRST: pair_id, SECOND: second}


def test_the_requests_of_the_examples_are_taken_in_their_order(
    demo: Client, clock: FakeClock, ids: dict[str, str]
) -> None:
    group_id = ""
    for word, body in message("group-requests").items():
        place = {"create": ("POST", ""), "rename": ("PUT", "/{}"), "update": ("PUT", "/{}")}
        method, rest = place.get(word, ("POST", "/{}/action"))
        if word == "switchover":
            demo.do(group_id, "sync")
            clock.pass_(60)
        reply = demo.to_groups(method, rest.format(group_id), _with(ids, body))
        assert reply.status in (200, 202), (word, reply)
        group_id = group_id or reply.json["replication_consistency_group"]["id"]
        clock.pass_(60)
    shown = demo.show_group(group_id)
    assert (shown["name"], shown["replication_ids"]) == ("web-shop", [ids[SECOND]])
    assert (shown["status"], shown["replication_status"]) == ("available", "active")


def _with(ids: dict[str, str], body: Any) -> Any:
    text = json.dumps(body)
    for example, own in ids.items():
        text = text.replace(example, own)
    return json.loads(text)
