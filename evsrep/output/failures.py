"""A failure as it is told: as an object, and what the cloud itself said of it in a line."""

from typing import Any

from evsrep.errors import EvsrepError


def error_fields(error: EvsrepError) -> dict[str, Any]:
    """Return an error as JSON has it; what has no value is left out."""
    service_error = error.service_error
    quoted = _quoted_message(error, error.full_message)
    fields = {
        "kind": error.kind,
        "message": error.full_message + (f"; the cloud says: {quoted}" if quoted else ""),
        "hint": error.hint,
        "status": service_error.status if service_error else None,
        "code": service_error.code if service_error else "",
        "request_id": service_error.request_id if service_error else "",
        "exit_code": int(error.exit_code),
        "resume": error.resume,
        "checks": list(error.checks),
    }
    return {key: value for key, value in fields.items() if value not in (None, "", [])}


def service_line(error: EvsrepError) -> str:
    """Return what the cloud itself said, on one line; empty where it said nothing."""
    service_error = error.service_error
    if service_error is None:
        return ""
    quoted = _quoted_message(error, error.message)
    request = f"request {service_error.request_id}" if service_error.request_id else ""
    status = f"HTTP {service_error.status}" if service_error.status else ""
    return ", ".join(part for part in (status, service_error.code, request, quoted) if part)


def _quoted_message(error: EvsrepError, shown: str) -> str:
    """Return what the cloud itself said, in quotes; empty where it is in what is shown already."""
    message = error.service_error.message if error.service_error else ""
    return f'"{message}"' if message and message not in shown else ""
