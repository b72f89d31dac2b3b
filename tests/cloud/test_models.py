"""What the cloud has: equal by ID, and named by one rule."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from evsrep.cloud import wire
from evsrep.cloud.models import Server

READERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "pair": wire.pair_from_wire,
    "group": wire.group_from_wire,
    "disk": wire.disk_from_wire,
    "server": wire.server_from_wire,
}


@pytest.mark.parametrize("kind", READERS)
def test_things_are_equal_where_their_ids_are(kind: str) -> None:
    read = READERS[kind]
    old, new, other = (
        read({"id": "x", "status": "creating", "progress": "3"}),
        read({"id": "x", "status": "available", "name": "n"}),
        read({"id": "y", "status": "creating", "progress": "3"}),
    )
    assert old == new
    assert (old != new) is False
    assert old != other
    assert len({old, new, other}) == 2
    assert copy.copy(old) == old


@pytest.mark.parametrize("kind", READERS)
def test_things_of_two_kinds_are_never_equal(kind: str) -> None:
    things: list[Any] = [read({"id": "x"}) for read in READERS.values()]
    mine = READERS[kind]({"id": "x"})
    assert [type(thing) for thing in things if thing == mine] == [type(mine)]
    assert len({*things}) == len(READERS)
    assert mine != tuple(mine)


@pytest.mark.parametrize("kind", READERS)
def test_a_label_has_the_name_where_there_is_one_and_always_the_id(kind: str) -> None:
    assert READERS[kind]({"id": "x", "name": "n"}).label == "'n' (x)"
    assert READERS[kind]({"id": "x"}).label == "x"


def test_a_thing_shows_its_fields_and_can_be_had_with_others() -> None:
    server = Server("x", "n", is_stopped=True)
    assert repr(server) == "Server(id='x', name='n', is_stopped=True)"
    assert server._replace(is_stopped=False).is_stopped is False
