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
        password: str = "demo",
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
