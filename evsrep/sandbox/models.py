"""What the sandbox has inside: plain records, one for each table and for each fixed thing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Domain:
    """Where users and projects live."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Project:
    """What disks, servers and pairs belong to."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class User:
    """Someone who may sign in. One with a `passcode` needs it next to the password."""

    id: str
    name: str
    password: str
    projects: tuple[Project, ...]
    passcode: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """A pair of keys to sign with. Temporary ones are good only next to their security token."""

    access: str
    secret: str
    user: User
    security_token: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """A sign-in that was granted. Only the SHA-256 of what the user holds is kept."""

    digest: str
    user_id: str
    methods: str  # comma-separated
    project_id: str | None
    domain_id: str | None
    issued_at: float
    expires_at: float


@dataclass(frozen=True, slots=True)
class Server:
    """A virtual machine."""

    id: str
    project_id: str
    name: str
    zone: str
    status: str
    task_state: str | None
    created_at: float

    @property
    def is_stopped(self) -> bool:
        """Whether nothing runs on it, nor is about to."""
        return self.status == "SHUTOFF" and self.task_state is None


@dataclass(frozen=True, slots=True)
class Disk:
    """A volume. `trouble` is what will go wrong when it is paired, a word that `rules` knows.

    `metadata` is a JSON object as text; one that `fails` ends in error rather than available.
    """

    id: str
    project_id: str
    name: str
    zone: str
    size_gb: int
    type: str
    server_id: str | None
    is_shared: bool
    trouble: str
    created_at: float
    device: str = ""
    metadata: str = "{}"
    fails: bool = False


@dataclass(frozen=True, slots=True)
class Replicated:
    """What a pair and a group have in common: what was asked for, and the last change of it.

    `failure` is the code with which the change ends. Two zones are kept alike: `priority_station`
    is where the production disks are, `peer_station` the other one, empty where none is known.
    """

    id: str
    project_id: str
    name: str | None
    description: str | None
    priority_station: str
    peer_station: str
    model: str
    failure: str
    created_at: float
    edited_at: float | None
    change: str
    since: float


@dataclass(frozen=True, slots=True)
class Group(Replicated):
    """A replication consistency group. Its pairs know it, not it them."""


@dataclass(frozen=True, slots=True)
class Pair(Replicated):
    """A replication pair."""

    first_disk: str
    second_disk: str
    metadata: str | None
    group_id: str | None

    @property
    def disks(self) -> tuple[str, str]:
        """Its two disks, in the order in which they were given."""
        return self.first_disk, self.second_disk


@dataclass(frozen=True, slots=True)
class Trouble:
    """A zone that is down, or the link between zones; `ended_at` is None while it lasts."""

    place: str
    ended_at: float | None
