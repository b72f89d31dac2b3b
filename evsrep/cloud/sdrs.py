"""What a plan of moving to SDRS asks of a cloud, by GETs alone: there is no call here that changes.

Source: "Storage Disaster Recovery Service API Reference", "Elastic Cloud Server API Reference" and
"Elastic Volume Service API Reference" of Open Telekom Cloud, as gathered in November 2026. What
may go wrong is what `cloud.client` says of all that asks.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from evsrep.cloud import reading
from evsrep.cloud.calls import Answer, Call
from evsrep.cloud.endpoints import quoted
from evsrep.cloud.problems import Place
from evsrep.errors import ConfigError, NotOffered

if TYPE_CHECKING:  # httpx is slow to import, and what only names a cloud needs none
    from evsrep.cloud.http import Http
    from evsrep.cloud.signin import SignIn

_UNLIMITED = -1


class ActiveDomain(NamedTuple):
    """Two zones that may mirror each other, either way."""

    id: str
    name: str
    zones: frozenset[str]
    is_sold_out: bool


class Quota(NamedTuple):
    """How much is used of something, and how much there may be; None where there is no limit."""

    used: float
    limit: float | None


class HostedServer(NamedTuple):
    """A server with what decides whether it can be protected; empty text is what is not told."""

    id: str
    name: str
    status: str
    zone: str
    vpc_id: str
    flavour: str
    vcpus: int
    ram_mb: int
    has_key: bool
    is_windows: bool
    is_locked: bool | None
    is_on_dedicated_host: bool
    disk_ids: tuple[str, ...]


class Successor:
    """What a cloud tells of a move to SDRS; made by `Cloud.successor`."""

    def __init__(
        self,
        http: "Http",
        sign_in: "SignIn",
        sdrs_endpoint: str,
        evs_endpoint: str,
        compute_endpoint: str,
        project_id: str,
    ) -> None:
        self.sdrs_endpoint = sdrs_endpoint
        self._http = http
        self._sign_in = sign_in
        self._evs = evs_endpoint
        self._compute = compute_endpoint
        self._project_id = project_id

    def active_domains(self) -> list[ActiveDomain]:
        """Return which zones may mirror each other. Raises NotOffered where there is no SDRS."""
        if not self.sdrs_endpoint:
            raise NotOffered("the catalog names no SDRS")
        call = Call(
            "GET",
            f"{self.sdrs_endpoint}/active-domains",
            "the list of active-active domains",
            place=Place.COLLECTION,
        )
        return self._http.send(call, _read_domains, self._sign_in)

    def sdrs_quotas(self) -> dict[str, Quota]:
        """Return the quotas of SDRS by type: `server_groups` and `replications`.

        Raises what keeps them from being looked up.
        """
        call = Call("GET", f"{self.sdrs_endpoint}/sdrs/quotas", "quotas of SDRS")
        return self._http.send(call, _read_sdrs_quotas, self._sign_in)

    def disk_quotas(self) -> dict[str, Quota]:
        """Return the quotas of EVS by type: `volumes`, `gigabytes`, and each with `_TYPE`.

        Raises what keeps them from being looked up.
        """
        path = f"os-quota-sets/{quoted(self._project_id)}?usage=True"
        call = Call("GET", f"{self._evs}/{path}", "quotas of EVS")
        return self._http.send(call, _read_disk_quotas, self._sign_in)

    def server_quotas(self) -> dict[str, Quota]:
        """Return the quotas of ECS: `instances`, `cores` and `ram` in MB.

        Raises what keeps them from being looked up.
        """
        call = Call("GET", f"{self._ecs()}/cloudservers/limits", "quotas of ECS")
        return self._http.send(call, _read_server_quotas, self._sign_in)

    def hosted_server(self, server_id: str) -> HostedServer:
        """Return a server by its ID, as ECS has it. Raises NotFound where there is none."""
        url = f"{self._ecs()}/cloudservers/{quoted(server_id)}"
        call = Call("GET", url, f"server {server_id}")
        return self._http.send(call, _read_server, self._sign_in)

    def flavours_in(self, zone: str) -> dict[str, str]:
        """Return the flavours of a zone, and what is said of each there, such as `normal`.

        Raises what keeps them from being looked up.
        """
        path = f"cloudservers/flavors?availability_zone={quoted(zone)}"
        call = Call("GET", f"{self._ecs()}/{path}", f"list of flavours in {zone}")
        return self._http.send(call, lambda answer: _read_flavours(answer, zone), self._sign_in)

    def _ecs(self) -> str:
        if not self._compute:
            raise ConfigError("the catalog names no compute endpoint")
        return re.sub(r"/v2(\.1)?/", "/v1/", self._compute)


def _read_domains(answer: Answer) -> list[ActiveDomain]:
    return [
        ActiveDomain(
            id=reading.text(body.get("id")),
            name=reading.text(body.get("name")),
            zones=frozenset(
                reading.text(reading.mapping(body.get(f"{side}_replication_cluster")).get(_ZONE))
                for side in ("local", "remote")
            ),
            is_sold_out=body.get("sold_out") is True,
        )
        for body in reading.members(answer.body, "domains")
    ]


_ZONE = "availability_zone"


def _read_sdrs_quotas(answer: Answer) -> dict[str, Quota]:
    resources = reading.mappings(reading.member(answer.body, "quotas").get("resources"))
    return {
        reading.text(row.get("type")): _quota(row.get("used"), row.get("quota"))
        for row in resources
    }


def _read_disk_quotas(answer: Answer) -> dict[str, Quota]:
    rows = {
        key: reading.mapping(value)
        for key, value in reading.member(answer.body, "quota_set").items()
    }
    return {key: _quota(row.get("in_use"), row.get("limit")) for key, row in rows.items() if row}


def _read_server_quotas(answer: Answer) -> dict[str, Quota]:
    limits = reading.member(answer.body, "absolute")
    names = {"instances": "Instances", "cores": "Cores", "ram": "RAM"}
    return {
        name: _quota(
            limits.get(f"total{word}Used"),
            limits.get(f"maxTotal{word}{'Size' if name == 'ram' else ''}"),
        )
        for name, word in names.items()
    }


def _quota(used: object, limit: object) -> Quota:
    """Read a quota. Raises Unreadable where it says no numbers."""
    numbers = reading.percent(used), reading.percent(limit)
    if numbers[0] is None or numbers[1] is None:
        raise reading.Unreadable("a quota is no number")
    return Quota(numbers[0], None if numbers[1] == _UNLIMITED else numbers[1])


def _read_server(answer: Answer) -> HostedServer:
    body = reading.member(answer.body, "server")
    flavour, metadata = reading.mapping(body.get("flavor")), reading.mapping(body.get("metadata"))
    hints = reading.mapping(body.get("os:scheduler_hints"))
    attached = reading.mappings(body.get("os-extended-volumes:volumes_attached"))
    return HostedServer(
        id=reading.usable_id(body, "server"),
        name=reading.text(body.get("name")),
        status=reading.text(body.get("status")).upper(),
        zone=reading.text(body.get("OS-EXT-AZ:availability_zone")),
        vpc_id=reading.text(metadata.get("vpc_id")),
        flavour=reading.text(flavour.get("id")),
        vcpus=_count(flavour.get("vcpus")),
        ram_mb=_count(flavour.get("ram")),
        has_key=bool(body.get("key_name")),
        is_windows=reading.text(metadata.get("os_type")).casefold() == "windows",
        is_locked=body.get("locked") if isinstance(body.get("locked"), bool) else None,
        is_on_dedicated_host=_is_dedicated(hints),
        disk_ids=tuple(reading.text(disk.get("id")) for disk in attached),
    )


def _is_dedicated(hints: Mapping[str, Any]) -> bool:
    return bool(hints.get("dedicated_host_id")) or "dedicated" in reading.strings(
        hints.get("tenancy")
    )


def _count(value: object) -> int:
    return int(reading.percent(value) or 0)


def _read_flavours(answer: Answer, zone: str) -> dict[str, str]:
    """Read what is said of each flavour in a zone: `cond:operation:az` is `az0(normal), …`."""
    found: dict[str, str] = {}
    for body in reading.members(answer.body, "flavors"):
        specs = reading.mapping(body.get("os_extra_specs"))
        said = re.findall(r"([^,()\s]+)\((\w+)\)", reading.text(specs.get("cond:operation:az")))
        general = reading.text(specs.get("cond:operation:status")) or "normal"
        found[reading.text(body.get("id"))] = dict(said).get(zone, general)
    return found
