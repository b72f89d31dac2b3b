"""The servers that disks are attached to: listed once, and only where somebody asks."""

from functools import cached_property

from evsrep.cloud.client import Cloud
from evsrep.cloud.models import Server
from evsrep.errors import EvsrepError, UsageFault
from evsrep.jobs.find import no_such, several
from evsrep.jobs.ids import as_meant, is_id, is_same_id


class Servers:
    """A project's servers; where they can't be listed, each is known by its ID alone."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def name_of(self, server_id: str) -> str:
        """Return a server's name, or its ID where it has none, or none that is known.

        Raises UsageFault once the cloud is closed.
        """
        server = self._by_id.get(server_id)
        return (server.name if server else "") or server_id

    def is_stopped(self, server_id: str) -> bool | None:
        """Whether a server is stopped; None where that is not known.

        Raises UsageFault once the cloud is closed.
        """
        server = self._by_id.get(server_id)
        return server.is_stopped if server else None

    def find(self, name_or_id: str) -> str:
        """Return the ID of the server of that ID or exact name.

        Raises NotFound where there is none, UsageFault where several have the name, and what keeps
        them from being listed.
        """
        name_or_id = as_meant(name_or_id)
        if is_id(name_or_id):
            known = (each for each in self._by_id if is_same_id(each, name_or_id))
            return next(known, name_or_id)
        if self._failure is not None:
            raise self._failure
        exact = [server for server in self._by_id.values() if server.name == name_or_id]
        if not exact:
            raise no_such("server", name_or_id, self._by_id.values)
        if len(exact) > 1:
            raise several("server", name_or_id, exact)
        return exact[0].id

    @cached_property
    def _by_id(self) -> dict[str, Server]:
        return self._listed[0]

    @cached_property
    def _failure(self) -> EvsrepError | None:
        return self._listed[1]

    @cached_property
    def _listed(self) -> tuple[dict[str, Server], EvsrepError | None]:
        try:
            return {server.id: server for server in self._cloud.servers()}, None
        except UsageFault:  # the cloud is closed
            raise
        except EvsrepError as error:
            return {}, error
