"""What commands on several things have in common: a row each, and one failure for all of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from evsrep.cli.app import App
from evsrep.errors import EvsrepError, Partial

_MOST_TOLD = 20


def told(app: App, error: EvsrepError | None) -> Any:
    """An error as a row has it: for a program an object, for a person its message."""
    if error is None:
        return None
    if not app.console.is_json:
        return error.full_message
    from evsrep.output.console import error_fields

    return error_fields(error)


def with_error(app: App, row: Mapping[str, Any], error: EvsrepError | None) -> Mapping[str, Any]:
    """A row, with `error` where there is one."""
    return row if error is None else {**row, "error": told(app, error)}


def failure_of(
    errors: Sequence[EvsrepError], total: int, *, deed: str, noun: str = "pairs"
) -> EvsrepError | None:
    """The one failure that many come to: their own where all failed alike, else Partial."""
    if not errors:
        return None
    if total == 1:
        return errors[0]
    messages = tuple(error.full_message for error in errors[:_MOST_TOLD])
    more = len(errors) - len(messages)
    faults = (*messages, *([f"and {more} more"] if more else []))
    first = errors[0]
    alike = all(type(error) is type(first) for error in errors)
    if alike and len(errors) == total:
        return type(first)(
            f"none of the {total} {noun} could be {deed}",
            hint=first.hint,
            service_error=first.service_error,
            faults=faults,
        )
    return Partial(
        f"{len(errors)} of {total} {noun} could not be {deed}",
        hint="the rows say which",
        faults=faults,
    )
