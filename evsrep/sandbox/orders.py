"""What the body of a create or an update asks for, read field by field.

Every function raises RefusalError for what is not well-formed.
"""

from evsrep.sandbox.messages import Json, Request, bad_request, coded
from evsrep.sandbox.seed import ZONES

MODELS = ("hypermetro",)
MOST_BYTES = 255


def read_asked(request: Request, key: str, fields: frozenset[str]) -> Json:
    """Return what a body holds under its one key: an object of known fields."""
    asked = (request.read_object() or {}).get(key)
    if not isinstance(asked, dict):
        raise bad_request(f"The body must be an object that holds '{key}', an object.")
    unknown = sorted(asked.keys() - fields)
    if unknown:
        raise bad_request(f"Additional properties are not allowed: {', '.join(unknown)}.")
    return asked


def read_text(asked: Json, key: str, code: str) -> str | None:
    """Return a text that may be left out."""
    if key not in asked:
        return None
    text = asked[key]
    if not isinstance(text, str):
        raise bad_request(f"Invalid {key}: must be a string.")
    if len(text.encode()) > MOST_BYTES:
        raise coded(400, code, f"Invalid {key}: must be at most {MOST_BYTES} bytes.")
    return text


def read_name(asked: Json) -> str | None:
    """Return the name."""
    return read_text(asked, "name", "EVS.1003")


def read_description(asked: Json) -> str | None:
    """Return the description."""
    return read_text(asked, "description", "EVS.1004")


def read_ids(asked: Json, key: str) -> list[str]:
    """Return a list of IDs as they stand there."""
    ids = asked.get(key)
    if not isinstance(ids, list) or not all(isinstance(item, str) for item in ids):
        raise bad_request(f"Invalid {key}: must be a list of strings.")
    return ids


def read_zone(asked: Json) -> str:
    """Return the primary zone."""
    zone = asked.get("priority_station")
    if not isinstance(zone, str) or not zone:
        raise bad_request("Invalid priority_station: must be the name of an availability zone.")
    if zone not in ZONES:
        raise coded(400, "EVS.1036", f"The availability zone '{zone}' is invalid.")
    return zone


def read_model(asked: Json) -> str:
    """Return the model."""
    model = asked.get("replication_model")
    if model not in MODELS:
        raise bad_request(f"Invalid replication_model: must be one of {', '.join(MODELS)}.")
    return str(model)
