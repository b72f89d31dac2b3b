"""What the cloud has, as evsrep thinks of it.

Each model keeps in `fields` the answer it was read from, decoded, so that what a newer cloud says
beyond it survives to the JSON output. Things of one kind are equal where their IDs are.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from evsrep.cloud.meanings import FAULT_LEVELS


class _Named(Protocol):
    """What has an ID and a name."""

    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...


class _Thing:
    """One thing that the cloud has. A tuple by itself would be compared field by field."""

    __slots__ = ()

    def __eq__(self: _Named, other: object) -> bool:
        return isinstance(other, type(self)) and self.id == other.id

    def __ne__(self: _Named, other: object) -> bool:
        return not self == other

    def __hash__(self: _Named) -> int:
        return hash((type(self), self.id))

    @property
    def label(self: _Named) -> str:
        """The thing as a sentence names it."""
        return f"'{self.name}' ({self.id})" if self.name else self.id


def fault_in_words(fields: Mapping[str, Any]) -> str:
    """Return what the fault level of a pair or group means; empty where there is no fault."""
    level = str(fields.get("fault_level") or "0")
    if level == "0":
        return ""
    meaning = FAULT_LEVELS.get(level)
    return f"{meaning.cause} (fault level {level})" if meaning else f"fault level {level}"


class Defaults(NamedTuple):
    """What a profile says for pairs that do not say theirs; empty where it says nothing."""

    priority_station: str = ""
    replication_model: str = ""


class PairOrder(NamedTuple):
    """A pair as it is asked for. `disks` are two IDs in the order in which they are sent."""

    disks: tuple[str, str]
    priority_station: str
    replication_model: str
    name: str | None = None
    description: str | None = None


class _Pair(NamedTuple):
    id: str
    name: str
    status: str  # text, not an enum: the cloud may learn new ones
    replication_status: str
    disks: tuple[str, ...]
    priority_station: str
    replication_model: str
    progress: float | None  # percent
    failure_detail: str
    group_id: str
    fields: Mapping[str, Any]


class Pair(_Thing, _Pair):
    """A production disk and a DR disk. The order of `disks` says nothing; their zones do."""

    __slots__ = ()


class GroupOrder(NamedTuple):
    """A consistency group as it is asked for."""

    pair_ids: tuple[str, ...]
    priority_station: str
    replication_model: str
    name: str | None = None
    description: str | None = None


class GroupChange(NamedTuple):
    """What is to be another in a group; None is what stays."""

    name: str | None = None
    description: str | None = None
    add: tuple[str, ...] = ()  # IDs of pairs
    remove: tuple[str, ...] = ()

    @property
    def moves_pairs(self) -> bool:
        """Whether pairs come or go: that wants a paused group."""
        return bool(self.add or self.remove)


class _Group(NamedTuple):
    id: str
    name: str
    status: str  # text, not an enum: the cloud may learn new ones
    replication_status: str
    priority_station: str
    replication_model: str
    pair_ids: tuple[str, ...] | None
    progress: float | None  # percent
    failure_detail: str
    fault_level: str
    fields: Mapping[str, Any]


class Group(_Thing, _Group):
    """Pairs that fail over together. `pair_ids` is None where the answer does not have them."""

    __slots__ = ()


DR_DISK_KEY = "evsrep_dr_disk"
"""Of a disk's metadata: by its value a disk that evsrep made is found again."""

_ENCRYPTED, _CMK_ID = "__system__encrypted", "__system__cmkid"


class DiskOrder(NamedTuple):
    """A disk as it is asked for. `key` is what it is found again by."""

    name: str
    size_gb: int
    type: str
    zone: str
    key: str
    is_shared: bool = False
    cmk_id: str = ""  # of the master key that encrypts it; empty where it is not encrypted


class _Disk(NamedTuple):
    id: str
    name: str
    availability_zone: str
    size_gb: int | None
    type: str
    status: str
    servers: tuple[str, ...]
    fields: Mapping[str, Any]


class Disk(_Thing, _Disk):
    """A volume. `size_gb` is in GB; `servers` are the IDs of those it is attached to."""

    __slots__ = ()

    @property
    def is_shared(self) -> bool:
        """Whether several servers may have it at once."""
        return str(self.fields.get("multiattach")).lower() == "true"

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What its maker wrote on it."""
        metadata = self.fields.get("metadata")
        return metadata if isinstance(metadata, dict) else {}

    @property
    def dr_key(self) -> str:
        """What evsrep finds a disk again by that it made; empty for all others."""
        return str(self.metadata.get(DR_DISK_KEY) or "")

    @property
    def is_encrypted(self) -> bool:
        """Whether it is encrypted."""
        is_said = self.fields.get("encrypted") in (True, "true", "True")
        return is_said or str(self.metadata.get(_ENCRYPTED, "0")) == "1"

    @property
    def cmk_id(self) -> str:
        """The ID of the master key that encrypts it; empty where it can't be seen."""
        return str(self.metadata.get(_CMK_ID) or "")

    def device_on(self, server_id: str) -> str:
        """Return as what a server sees it, such as `/dev/vdb`; empty where that is not told."""
        attachments = self.fields.get("attachments")
        for attachment in attachments if isinstance(attachments, list) else ():
            if isinstance(attachment, dict) and attachment.get("server_id") == server_id:
                return str(attachment.get("device") or "")
        return ""


class _Server(NamedTuple):
    id: str
    name: str
    is_stopped: bool


class Server(_Thing, _Server):
    """A virtual machine, as far as a disk's owner asks."""

    __slots__ = ()


class Endpoint(NamedTuple):
    """One address of one service, as the catalog has it."""

    service: str
    interface: str
    region: str
    url: str


class Session(NamedTuple):
    """What signing in gave: a token and what is known of its owner."""

    token: str
    expires_at: str  # as the cloud wrote it; empty where it is not known
    user: str
    user_domain: str
    project_id: str
    project: str
    catalog: tuple[Endpoint, ...]
    project_domain: str = ""
    project_domain_id: str = ""

    def __repr__(self) -> str:
        return f"Session(user={self.user!r}, project={self.project!r})"  # the token is a secret
