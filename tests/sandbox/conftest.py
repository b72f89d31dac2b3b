"""A tiny client that speaks to the sandbox in-process, and a clock that moves when it is told."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest

from evsrep.sandbox.app import Sandbox

PROJECT = "0391e4486e864c26be5654c522f440f2"
OTHER_PROJECT = "6b1c9a52d0f34e7f8e0b7a6d5c4f3e21"
START = 1_700_000_000.0

Json = dict[str, Any]


@dataclass
class FakeClock:
    """A clock that stands still until a test moves it."""

    now: float = START

    def __call__(self) -> float:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += seconds


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


@dataclass
class Client:
    """Sends requests as some user would; `token` goes along once there is one."""

    app: Sandbox
    token: str = ""
    project: str = PROJECT

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        **environ: str,
    ) -> Reply:
        if content is None:
            content = b"" if body is None else json.dumps(body).encode()
        address, _, query = path.partition("?")
        env: Json = {
            "REQUEST_METHOD": method,
            "PATH_INFO": address,
            "QUERY_STRING": query,
            "HTTP_HOST": "sandbox.test",
            "CONTENT_LENGTH": str(len(content)),
            "wsgi.input": BytesIO(content),
            **environ,
        }
        setup_testing_defaults(env)
        sent = {"X-Auth-Token": self.token} if self.token else {}
        for name, value in {**sent, **(headers or {})}.items():
            key = name.upper().replace("-", "_")
            env[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        started: list[Any] = []

        def start_response(status: str, got: list[tuple[str, str]], _error: Any = None, /) -> Any:
            started.extend([status, dict(got)])

        answered = b"".join(self.app(env, start_response))
        return Reply(int(started[0].split()[0]), started[1], answered)

    def sign_in(
        self,
        name: str = "demo",
        password: str = "just-trying",
        *,
        domain: object = None,
        scope: object = None,
        **methods: object,
    ) -> Reply:
        user = {"name": name, "password": password, "domain": domain or {"name": "sandbox"}}
        identity = {"methods": ["password", *methods], "password": {"user": user}, **methods}
        auth: Json = {"identity": identity}
        if scope is not None:
            auth["scope"] = scope
        return self.send("POST", "/v3/auth/tokens", {"auth": auth})

    def signed_in(self, project: str = "sandbox") -> "Client":
        reply = self.sign_in(scope={"project": {"name": project, "domain": {"name": "sandbox"}}})
        return Client(
            self.app, reply.headers["X-Subject-Token"], reply.json["token"]["project"]["id"]
        )

    def get(self, path: str) -> Reply:
        return self.send("GET", f"/v2/{self.project}{path}")

    def pair(self, *disk_ids: str, station: str, **fields: object) -> Reply:
        body = {
            "volume_ids": list(disk_ids),
            "priority_station": station,
            "replication_model": "hypermetro",
            **fields,
        }
        return self.order(body)

    def order(self, replication: object) -> Reply:
        path = f"/v2/{self.project}/os-vendor-replications"
        return self.send("POST", path, {"replication": replication})

    def show(self, pair_id: str) -> Json:
        reply = self.get(f"/os-vendor-replications/{pair_id}")
        assert reply.status == 200, reply
        found: Json = reply.json["replication"]
        return found

    def new_pair(self, production: str, station: str, dr: str = "") -> str:
        """Pair a disk, given by name, with its DR disk; return the pair's ID."""
        disks = self.disk(production), self.disk(dr or f"{production}-dr")
        reply = self.pair(*disks, station=station, name=production)
        assert reply.status == 202, reply
        return str(reply.json["replication"]["id"])

    def to_groups(self, method: str, path: str = "", body: object = None) -> Reply:
        return self.send(
            method, f"/v2/{self.project}/os-vendor-replication-consistency-groups{path}", body
        )

    def order_group(self, pair_ids: list[str], station: str, **fields: object) -> Reply:
        body = {
            "replication_ids": pair_ids,
            "priority_station": station,
            "replication_model": "hypermetro",
            **fields,
        }
        return self.to_groups("POST", body={"replication_consistency_group": body})

    def update_group(self, group_id: str, **changes: object) -> Reply:
        return self.to_groups("PUT", f"/{group_id}", {"replication_consistency_group": changes})

    def show_group(self, group_id: str) -> Json:
        reply = self.to_groups("GET", f"/{group_id}")
        assert reply.status == 200, reply
        found: Json = reply.json["replication_consistency_group"]
        return found

    def act(self, group_id: str, call: str, details: object = None) -> Reply:
        """Send an action by its short word, such as `sync`."""
        words = f"os-{call}-replication-consistency-group"
        return self.to_groups("POST", f"/{group_id}/action", {words: details})

    def do(self, group_id: str, *calls: str) -> None:
        """Send actions that must be accepted."""
        for call in calls:
            reply = self.act(group_id, call)
            assert (reply.status, reply.content) == (200, b""), reply

    def expand(self, group_id: str, **sizes: object) -> Reply:
        entries = [{"id": pair_id, "new_size": size} for pair_id, size in sizes.items()]
        body = {"os-extend-replication-volumes": {"replications": entries}}
        return self.to_groups("POST", f"/{group_id}/action", body)

    def disk(self, name: str) -> str:
        [found] = self.get(f"/volumes/detail?name={name}").json["volumes"]
        return str(found["id"])


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "evsrep" / "sandbox.sqlite"


@pytest.fixture
def app(path: Path, clock: FakeClock) -> Sandbox:
    return Sandbox(path, now=clock)


@pytest.fixture
def guest(app: Sandbox) -> Client:
    """Somebody who has not signed in."""
    return Client(app)


@pytest.fixture
def demo(guest: Client) -> Client:
    """The demo user, signed in to the main project."""
    return guest.signed_in()


@pytest.fixture
def pair_id(demo: Client, clock: FakeClock) -> str:
    """A pair that is available and active, from az2.dc2 to az1.dc1; no server runs on it."""
    pair_id = demo.new_pair("example-production", "az2.dc2", "example-dr")
    clock.pass_(60)
    return pair_id


@pytest.fixture
def group_id(demo: Client, clock: FakeClock, pair_id: str) -> str:
    """A group of that pair, never synced."""
    reply = demo.order_group([pair_id], "az2.dc2", name="shop")
    assert reply.status == 202, reply
    clock.pass_(60)
    return str(reply.json["replication_consistency_group"]["id"])


@pytest.fixture
def active_id(demo: Client, clock: FakeClock, group_id: str) -> str:
    """That group, synced."""
    demo.do(group_id, "sync")
    clock.pass_(60)
    return group_id


def words(reply: Reply) -> str:
    """Check that the disk service refused, and return why."""
    assert reply.status == 400, reply
    return str(reply.json["badRequest"]["message"])
