"""JSON read strictly where it must be right, and tolerantly where anything may stand.

What can't be read is `Unreadable`, never a crash; what is merely unexpected is taken as it comes.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Any, NoReturn

_USABLE_ID = re.compile(r"[!-\"$&-.0->@-~]+")  # in a URL and in a header, too


class Unreadable(ValueError):
    """An answer that is not what the API promises; its text says how."""


def read_object(body: bytes) -> dict[str, Any]:
    """Parse a JSON object strictly: UTF-8, no NaN, no infinity, no bottomless nesting.

    Raises Unreadable for anything else.
    """
    try:
        parsed = _STRICT.decode(body.decode())
    except UnicodeDecodeError:
        raise Unreadable("it is not UTF-8") from None
    except RecursionError:
        raise Unreadable("its JSON is nested too deeply") from None
    except ValueError:
        raise Unreadable(_not_json(body)) from None
    if not isinstance(parsed, dict):
        raise Unreadable(f"it is a JSON {type(parsed).__name__}, not an object")
    return parsed


def member(body: bytes, key: str) -> dict[str, Any]:
    """Return the object under `key`, which is how the API wraps each single thing.

    Raises Unreadable where there is none.
    """
    value = read_object(body).get(key)
    if not isinstance(value, dict):
        raise Unreadable(f"it has no object '{key}'")
    return value


def members(body: bytes, key: str) -> list[dict[str, Any]]:
    """Return the list of objects under `key`. Raises Unreadable where there is none."""
    return members_of(read_object(body), key)


def members_of(parsed: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the list of objects under `key` of what is parsed already, as `members` does."""
    value = parsed.get(key)
    if not isinstance(value, list) or not all(isinstance(thing, dict) for thing in value):
        raise Unreadable(f"it has no list of objects '{key}'")
    return value


def usable_id(body: Mapping[str, Any], what: str) -> str:
    """Return the ID of an object. Raises Unreadable where it has none that a URL can hold."""
    value = body.get("id")
    is_usable = isinstance(value, str) and _USABLE_ID.fullmatch(value) and value.strip(".")
    if not isinstance(value, str) or not is_usable:
        raise Unreadable(f"its '{what}' has no usable id")
    return value


def text(value: object) -> str:
    """Return text as it is, nothing for null, and JSON for all else."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def mapping(value: object) -> Mapping[str, Any]:
    """Return an object as it is, and an empty one for all else."""
    return value if isinstance(value, dict) else {}


def mappings(value: object) -> list[dict[str, Any]]:
    """Return the objects in a list; none where it is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def strings(value: object) -> list[str]:
    """Return the texts in a list, or between the commas of one text."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def percent(value: object) -> float | None:
    """Return a number from `"100"`, None from what is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() else number


def share(number: float | None) -> float | None:
    """Return percent that can be a share of something, None for all else."""
    return number if number is not None and 0 <= number <= 100 else None


def _not_json(body: bytes) -> str:
    start = body.lstrip()[:1]
    if not start:
        return "it is empty"
    if start == b"<":
        return "it is HTML or XML, not JSON"
    return "it is not valid JSON, or was cut short"


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number beyond all bounds")
    return number


_STRICT = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite)  # expensive to make
