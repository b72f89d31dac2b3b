"""Whether a pair that is there is what was asked for."""

from collections.abc import Iterator

from evsrep.cloud import reading
from evsrep.cloud.models import Pair, PairOrder
from evsrep.errors import Refused


def is_as_sent(pair: Pair, order: PairOrder) -> bool:
    """Whether a pair has the texts that we sent: one that has others was made by somebody else."""
    return all(_is_same(sent, shown) for _, sent, shown in _texts(pair, order))


def difference_of(pair: Pair, order: PairOrder) -> str:
    """Return in words how a pair differs from the texts asked for; empty where it does not."""
    return "; ".join(
        f"its {key} is '{shown or ''}', not '{asked}'"
        for key, asked, shown in _texts(pair, order)
        if asked is not None and not _is_same(asked, shown)
    )


def _texts(pair: Pair, order: PairOrder) -> Iterator[tuple[str, str | None, str | None]]:
    yield "name", order.name, pair.name
    yield "description", order.description, reading.text(pair.fields.get("description"))


def _is_same(asked: str | None, shown: str | None) -> bool:
    return (asked or "").strip() == (shown or "").strip()


def check_is_as_asked(pair: Pair, order: PairOrder) -> None:
    """Raise Refused where a pair that was there already is not what was asked for."""
    differing = [
        f"its {word} is {is_}, not {asked}"
        for word, is_, asked in (
            ("priority_station", pair.priority_station, order.priority_station),
            ("replication_model", pair.replication_model, order.replication_model),
        )
        if is_ and is_ != asked
    ]
    if pair.status == "deleting":
        differing.append("it is being deleted")
    if differing:
        raise Refused(
            f"the pair of these disks, {pair.id}, is not as asked for: {'; '.join(differing)}",
            hint="see it with 'evsrep show'; a pair can't be changed, only deleted and made anew",
        )
