"""A cloud that answers from memory after a set latency: HTTP/1.1 with keep-alive, one process.

    python -m tests.bench.server --latency 0.05 --pairs 10000

Prints its URL, then answers until it is ended. It forgets nothing and checks nothing: what is
measured is the client.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

PROJECT = "0391e4486e864c26be5654c522f440f2"
TOKEN = "bench-token"
PAGE = 1000


class Answer(NamedTuple):
    """A status and a body."""

    status: int
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()


class Memory:
    """The pairs of the cloud, and how to answer for them."""

    def __init__(self, pairs: int, disks: int = 0) -> None:
        self.requests = 0
        self._disk_ids = [disk_id(pairs + number) for number in range(disks)]
        self.pairs = {pair["id"]: pair for pair in map(_pair, range(pairs))}

    def answer(self, method: str, target: str, body: bytes) -> Answer:
        """Answer one request."""
        self.requests += 1
        parts = urlsplit(target)
        for wanted, start, respond in self._routes():
            if method == wanted and parts.path.startswith(start):
                return respond(parts.path.removeprefix(start).strip("/"), parts.query, body)
        return Answer(404, {"itemNotFound": {"message": target, "code": 404}})

    def _routes(self) -> list[tuple[str, str, Callable[[str, str, bytes], Answer]]]:
        pairs = f"/v2/{PROJECT}/os-vendor-replications"
        return [
            ("POST", "/v3/auth/tokens", self._sign_in),
            ("GET", "/requests", lambda *_: Answer(200, {"requests": self.requests})),
            ("POST", pairs, self._create),
            ("GET", f"{pairs}/", self._show),
            ("GET", pairs, self._list),
            ("GET", f"/v2/{PROJECT}/volumes/", self._disk),
            ("GET", f"/v3/{PROJECT}/volumes/", self._disk),
            ("GET", f"/v2/{PROJECT}/volumes", lambda *_: Answer(200, {"volumes": []})),
            ("GET", "/", self._versions),
        ]

    def _sign_in(self, rest: str, query: str, body: bytes) -> Answer:
        endpoint = {"interface": "public", "region": "bench", "region_id": "bench"}
        catalog = [
            {"type": kind, "name": kind, "endpoints": [{**endpoint, "url": f"{URL[0]}/{path}"}]}
            for kind, path in (
                ("volumev2", f"v2/{PROJECT}"),
                ("volumev3", f"v3/{PROJECT}"),
                ("block-storage", f"v3/{PROJECT}"),
            )
        ]
        token = {
            "methods": ["password"],
            "expires_at": "2099-01-01T00:00:00.000000Z",
            "issued_at": "2020-01-01T00:00:00.000000Z",
            "user": {"id": "u", "name": "bench", "domain": {"id": "d", "name": "bench"}},
            "project": {"id": PROJECT, "name": "bench", "domain": {"id": "d", "name": "bench"}},
            "roles": [],
            "catalog": catalog,
        }
        return Answer(201, {"token": token}, (("X-Subject-Token", TOKEN),))

    def _create(self, rest: str, query: str, body: bytes) -> Answer:
        asked = json.loads(body)["replication"]
        pair = _pair(len(self.pairs)) | {
            "status": "creating",
            "name": asked.get("name"),
            "volume_ids": ",".join(asked["volume_ids"]),
            "priority_station": asked["priority_station"],
        }
        self.pairs[pair["id"]] = pair
        return Answer(202, {"replication": pair})

    def _show(self, rest: str, query: str, body: bytes) -> Answer:
        if not rest:
            return self._list(rest, query, body)
        return Answer(200, {"replication": self.pairs[rest]})

    def _list(self, rest: str, query: str, body: bytes) -> Answer:
        asked = parse_qs(query)
        ids = list(self.pairs)
        start = ids.index(asked["marker"][0]) + 1 if "marker" in asked else 0
        wanted = ids[start : start + int(asked.get("limit", [PAGE])[0])]
        disk = asked.get("volume_id", [""])[0]
        found = [self.pairs[each] for each in wanted if disk in self.pairs[each]["volume_ids"]]
        return Answer(200, {"replications": found})

    def _disk(self, rest: str, query: str, body: bytes) -> Answer:
        if rest == "detail":
            return Answer(200, {"volumes": self._page_of_disks(parse_qs(query))})
        return Answer(200, {"volume": self._shown(rest)})

    def _page_of_disks(self, asked: dict[str, list[str]]) -> list[dict[str, Any]]:
        """A page of disks of which every other is in a pair, as long as there are pairs."""
        ids = self._disk_ids
        start = ids.index(asked["marker"][0]) + 1 if "marker" in asked else 0
        return [self._shown(each) for each in ids[start : start + int(asked["limit"][0])]]

    def _shown(self, rest: str) -> dict[str, Any]:
        zone = "az1.dc1" if rest.endswith("0") else "az2.dc2"
        return {
            "id": rest, "name": "bench", "availability_zone": zone, "size": 10,
            "volume_type": "SSD", "status": "available", "attachments": [], "metadata": {},
            "multiattach": False, "bootable": "false", "encrypted": False, "links": [],
            "created_at": "2020-01-01T00:00:00.000000", "updated_at": None, "description": None,
        }  # fmt: skip

    def _versions(self, rest: str, query: str, body: bytes) -> Answer:
        versions = [
            {
                "id": f"v{number}.0",
                "status": "CURRENT",
                "min_version": "3.0",
                "version": "3.0",
                "links": [{"rel": "self", "href": f"{URL[0]}/v{number}/"}],
            }
            for number in (2, 3)
        ]
        return Answer(300, {"versions": versions})


URL = [""]


def _pair(number: int) -> dict[str, Any]:
    return {
        "id": f"00000000-0000-4000-8000-{number:012x}",
        "name": f"pair-{number:06}",
        "description": None,
        "status": "available",
        "replication_status": "active",
        "progress": "100",
        "volume_ids": f"{disk_id(2 * number)},{disk_id(2 * number + 1)}",
        "priority_station": "az1.dc1",
        "replication_model": "hypermetro",
        "replication_consistency_group_id": None,
        "fault_level": "0",
        "record_metadata": '{"volume_size": 10, "volume_type": "ssd", "multiattach": false}',
        "created_at": "2020-01-01T00:00:00.000000",
        "updated_at": "2020-01-01T00:00:02.000000",
    }


def disk_id(number: int) -> str:
    """The ID of a disk; the last digit tells the zone, even ones being production."""
    return f"11111111-0000-4000-8000-{number // 2:011x}{number % 2}"


async def _talk(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, memory: Memory, latency: float
) -> None:
    try:
        while line := await reader.readline():
            method, target, _ = line.decode().split(" ", 2)
            length = 0
            while (header := await reader.readline()) not in (b"\r\n", b""):
                name, _, value = header.decode().partition(":")
                length = int(value) if name.lower() == "content-length" else length
            body = await reader.readexactly(length)
            await asyncio.sleep(latency)
            writer.write(_encoded(memory.answer(method, target, body)))
            await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


def _encoded(answer: Answer) -> bytes:
    body = json.dumps(answer.body).encode()
    headers = "".join(f"{name}: {value}\r\n" for name, value in answer.headers)
    head = f"HTTP/1.1 {answer.status} x\r\nContent-Type: application/json\r\n{headers}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def _serve(latency: float, pairs: int, disks: int) -> None:
    memory = Memory(pairs, disks)
    server = await asyncio.start_server(
        lambda reader, writer: _talk(reader, writer, memory, latency), "127.0.0.1", 0
    )
    URL[0] = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    sys.stdout.write(f"{URL[0]}\n")
    sys.stdout.flush()
    await server.serve_forever()


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--pairs", type=int, default=0)
    parser.add_argument("--disks", type=int, default=0)
    options = parser.parse_args()
    asyncio.run(_serve(options.latency, options.pairs, options.disks))


if __name__ == "__main__":
    main()
