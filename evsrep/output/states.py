"""A pair or group in a few words: what a list has of it, and what a sum counts."""

from evsrep.output.shapes import Thing

_FAULTS = {"2": "disk fault", "5": "link down"}


def state_of(thing: Thing) -> str:
    """Return the state: the status, where that says nothing the fault, else the replication."""
    word = kind_of_state(thing)
    if word == _fault_of(thing):
        return f"{word} ({thing['fault_level']})"
    progress = thing.get("progress")
    return f"{word} {progress:g} %" if word == "copying" and progress is not None else word


def untold_fault(thing: Thing) -> str:
    """Return the fault where the state says something else; empty where there is none."""
    fault = _fault_of(thing)
    return "" if kind_of_state(thing) == fault else fault


def kind_of_state(thing: Thing) -> str:
    """Return the state without its figures."""
    status = str(thing.get("status") or "")
    if status != "available":
        return status or "-"
    return _fault_of(thing) or str(thing.get("replication_status") or status)


def _fault_of(thing: Thing) -> str:
    level = str(thing.get("fault_level") or "0")
    return "" if level == "0" else _FAULTS.get(level, "fault")
