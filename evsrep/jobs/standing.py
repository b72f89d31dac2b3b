"""How a pair stands after a create, in words: what has come of it, and what it protects."""

from evsrep.cloud.models import Pair
from evsrep.jobs.preflight import Preflight


def standing(pair: Pair, preflight: Preflight) -> str:
    """Return a sentence for a person who has just created, or found, that pair."""
    if pair.status == "creating":
        state = "accepted: the pair is being created"
    elif pair.replication_status == "active":
        state = "the pair is available, and both disks hold the same data"
    else:
        state = f"the pair is {pair.status}; the DR disk has the data once it is active"
    production, dr = preflight.production, preflight.dr
    if production is None or dr is None:
        return f"{state}; its primary zone is {pair.priority_station or preflight.zone}"
    return (
        f"{state}; {production.name or production.id} in {production.availability_zone} "
        f"is protected by {dr.name or dr.id} in {dr.availability_zone}"
    )
