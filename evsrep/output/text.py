"""Text made safe to show: what a terminal would obey, or a reader be misled by, is spelled out."""

import json
import re
from typing import Any

from evsrep.cloud.models import fault_in_words
from evsrep.output.shapes import Thing

# C0, DEL and C1 controls; marks that turn the direction of writing; line and paragraph separators;
# halves of characters that are no character
_UNSAFE = "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
_UNSAFE_IN_JSON = "[\x7f-\x9f\ud800-\udfff]"
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_COMPACT = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


def harmless(text: str) -> str:
    """Return the text on one line, with all spelled out that a terminal would act upon."""
    if text.isascii() and text.isprintable():  # nearly always: the pattern is slow to compile
        return text
    return re.sub(_UNSAFE, lambda match: _spelled(match[0]), text)


def as_json(value: Any, *, indent: int | None = None) -> str:
    """Return JSON that is also safe to print: C1 controls and DEL are escaped as C0 ones are."""
    text = (
        _COMPACT.encode(value)
        if indent is None
        else json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False)
    )
    if text.isascii() and "\x7f" not in text:  # nearly always, and known at once
        return text
    return re.sub(_UNSAFE_IN_JSON, lambda match: f"\\u{ord(match[0]):04x}", text)


def as_cell(value: Any, *, none: str = "", between: str = ",") -> str:
    """Return a value on one line: a list by its members; objects and booleans as JSON has them."""
    if value is None or value == "":
        return none
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return between.join(map(harmless, value)) or none
    return harmless(as_json(value)) if value != {} else none


def cell_of(thing: Thing, field: str, *, none: str, between: str = ",") -> str:
    """Return one field of a thing as a table has it: a fault is told beside the status."""
    text = as_cell(thing.get(field), none=none, between=between)
    fault = fault_in_words(thing) if field in ("status", "fault_level") else ""
    if not fault:
        return text
    return harmless(f"{text}, {fault.partition(';')[0]}" if field == "status" else fault)


def _spelled(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
