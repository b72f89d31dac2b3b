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
    """A volume. `trouble` is what will go wrong when it is paired, a word that `rules` knows."""

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


@dataclass(frozen=True, slots=True)
class Pair:
    """A replication pair: what was asked for, how that will end, and the last deed done to it."""

    id: str
    project_id: str
    name: str | None
    description: str | None
    disks: tuple[str, str]
    priority_station: str
    model: str
    metadata: str | None
    failure: str
    group_id: str | None
    created_at: float
    deed: str
    since: float
