"""The disks and servers of a cloud: what pairs are made of.

What may go wrong is what `cloud.client` says of all that asks.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from evsrep.cloud import wire
from evsrep.cloud.calls import Call
from evsrep.cloud.endpoints import quoted
from evsrep.cloud.models import Disk, DiskOrder, Server
from evsrep.cloud.paging import PAGE, Page, walk
from evsrep.errors import ConfigError

if TYPE_CHECKING:  # httpx is slow to import, and what only names a cloud needs none
    from evsrep.cloud.http import Http
    from evsrep.cloud.signin import SignIn


class Volumes:
    """The part of a cloud that has its disks and servers."""

    _http: "Http"
    _sign_in: "SignIn"

    if TYPE_CHECKING:

        @property
        def endpoint(self) -> str:
            """The base URL of EVS; a Cloud has it."""

        @property
        def compute_endpoint(self) -> str:
            """The base URL of the servers' service; a Cloud has it."""

    def disk(self, disk_id: str) -> Disk:
        """Return one disk by its ID. Raises NotFound where there is none."""
        call = Call("GET", f"{self.endpoint}/volumes/{quoted(disk_id)}", f"disk {disk_id}")
        return self._http.send(call, wire.about(disk_id, wire.read_disk), self._sign_in)

    def disks(self, *, first: int = PAGE, **filters: str) -> Iterator[Disk]:
        """Return the project's disks, as `pairs` the pairs; raises what that raises."""

        def page(query: str) -> Page[Disk]:
            call = Call("GET", f"{self.endpoint}/volumes/detail?{query}", "list of disks")
            return self._http.send(call, wire.read_disks, self._sign_in)

        return walk(page, filters, first=first)

    def create_disk(self, order: DiskOrder) -> Disk:
        """Ask for a disk; it starts `creating`. One request, repeated only where that is safe.

        Raises Refused as the cloud or the profile does, OutcomeUnknown where the answer is lost.
        """
        return self._http.send(self._create_disk_call(order), wire.read_disk, self._sign_in)

    def create_disk_request(self, order: DiskOrder) -> dict[str, Any]:
        """Return what `create_disk` would send: `method`, `url`, `body`. Raises as `prepare`."""
        return self._create_disk_call(order).as_shown()

    def zones(self) -> dict[str, bool]:
        """Return the availability zones, and whether each is up.

        Raises Refused, and what else keeps them from being listed.
        """
        call = Call("GET", f"{self.endpoint}/os-availability-zone", "list of availability zones")
        return self._http.send(call, wire.read_zones, self._sign_in)

    def server(self, server_id: str) -> Server:
        """Return one server by its ID.

        Raises NotFound where there is none, ConfigError where the catalog has no such service.
        """
        url = f"{self._compute()}/servers/{quoted(server_id)}"
        call = Call("GET", url, f"server {server_id}")
        return self._http.send(call, wire.about(server_id, wire.read_server), self._sign_in)

    def servers(self) -> Iterator[Server]:
        """Return the project's servers, as `pairs` the pairs.

        Raises ConfigError where the catalog has no such service, and what `pairs` raises.
        """
        url = f"{self._compute()}/servers/detail"

        def page(query: str) -> Page[Server]:
            return self._http.send(
                Call("GET", f"{url}?{query}", "list of servers"), wire.read_servers, self._sign_in
            )

        return walk(page, {})

    def _compute(self) -> str:
        if not self.compute_endpoint:
            raise ConfigError("the catalog names no compute endpoint")
        return self.compute_endpoint

    def _create_disk_call(self, order: DiskOrder) -> Call:
        body = wire.disk_order_to_wire(order)
        call = Call("POST", f"{self.endpoint}/volumes", "the create of the disk", body=body)
        return call._replace(about=(order.key,))
