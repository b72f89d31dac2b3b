"""What each kind of result consists of: the fields that `-c` takes, and those a list shows."""

from collections.abc import Mapping
from typing import Any, NamedTuple

Thing = Mapping[str, Any]
"""One object of a result: its fields as the API, or this program, names them."""


class Shape(NamedTuple):
    """The fields of a kind of result, in order, and which of them a list or a line shows."""

    noun: str
    fields: tuple[str, ...]
    columns: tuple[str, ...]


def _listing_all(noun: str, *fields: str) -> Shape:
    return Shape(noun, fields, fields)


PAIR = Shape(
    "pair",
    (
        *("id", "name", "description", "status", "replication_status", "progress"),
        *("priority_station", "volume_ids", "replication_model"),
        *("replication_consistency_group_id", "fault_level", "failure_detail", "record_metadata"),
        *("created_at", "updated_at"),
    ),
    ("id", "name", "status", "replication_status", "progress", "priority_station", "volume_ids"),
)
DELETION = Shape(
    "deletion",
    ("result", *PAIR.fields, "error"),
    ("result", "id", "name", "status", "error"),
)
WAITED = Shape(
    "pair",
    (*PAIR.fields, "error"),
    ("id", "name", "status", "replication_status", "progress", "error"),
)
APPLIED = Shape(
    "row",
    ("line", "result", *PAIR.fields, "difference", "error"),
    ("line", "result", "id", "name", "status", "volume_ids", "error"),
)
GROUP = Shape(
    "group",
    (
        *("id", "name", "description", "status", "replication_status", "priority_station"),
        *("replication_ids", "replication_model", "fault_level", "failure_detail", "created_at"),
        "updated_at",
    ),
    ("id", "name", "status", "replication_status", "priority_station", "replication_ids"),
)
READINESS = Shape("rule", ("rule", "value", "ok", "hint"), ("rule", "value", "ok"))
EXPANSION = _listing_all("expansion", "result", "id", "name", "new_size", "error")
SDRS_PLAN = _listing_all(
    "plan", "servers", "groups", "needs", "losses", "unknown", "steps", "as_of"
)
HEALTH = _listing_all("state of health", "kind", "id", "name", "health", "reason", "hint")
EXPLANATION = Shape(
    "explanation",
    ("word", "kind", "meaning", "hint", "exit_code"),
    ("word", "kind", "meaning", "hint"),
)
CHANGE = Shape(
    "change",
    (
        *("time", "profile", "project_id", "command", "method", "path", "outcome", "status", "id"),
        "request_id",
    ),
    ("time", "profile", "command", "outcome", "status", "id"),
)
REQUEST = Shape(
    "request",
    ("disk", "method", "url", "body", "checks"),
    ("method", "url", "body", "checks"),
)
DISK = Shape(
    "disk",
    (
        *("id", "name", "availability_zone", "size", "volume_type", "status", "attachments"),
        *("multiattach", "metadata", "description", "created_at"),
    ),
    ("id", "name", "availability_zone", "size", "volume_type", "status"),
)
LISTED_DISK = Shape(
    "disk",
    (*DISK.fields, "pair", "pair_id", "server", "against"),
    ("name", "availability_zone", "size", "volume_type", "pair", "server", "id"),
)
FITTING_DISK = LISTED_DISK._replace(
    columns=("name", "availability_zone", "size", "volume_type", "server", "id", "against")
)
MATCH = Shape(
    "match",
    (
        *("device", "production", "dr", "size", "volume_type"),
        *("production_disk", "dr_disk", "dr_zone", "name"),
    ),
    ("device", "production", "dr", "size", "volume_type"),
)
PROFILE = _listing_all("profile", "name", "default", "auth_url", "region", "project", "user")
SETTING = _listing_all("setting", "key", "value", "origin")
IDENTITY = Shape(
    "identity",
    (
        *("profile", "chosen_by", "user", "user_domain", "project", "project_id", "region"),
        *("expires_at", "auth_url", "endpoint", "compute_endpoint"),
    ),
    ("profile", "user", "project", "project_id", "region", "expires_at", "endpoint"),
)
FINDING = _listing_all("finding", "check", "result", "detail", "hint")
TOKEN = Shape("token", ("token", "expires_at"), ("token",))
PATH = _listing_all("path", "path")
EXIT_CODE = _listing_all("exit code", "code", "kind", "meaning")
