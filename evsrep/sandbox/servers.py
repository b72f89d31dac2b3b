"""Servers: the part of Nova's API that tells whether one is stopped.

Every handler raises RefusalError for what it does not do.
"""

from evsrep.sandbox.messages import Answer, Json, Request, item_not_found
from evsrep.sandbox.models import Server
from evsrep.sandbox.pages import page_of
from evsrep.sandbox.routes import Route
from evsrep.sandbox.seed import DEMO
from evsrep.sandbox.store import Session
from evsrep.sandbox.tables import DISKS, SERVERS, Page
from evsrep.sandbox.times import time_text

_INTERNAL = "https://compute.internal.sandbox.invalid:8774"
_FILTERS = ("name", "status")
_STATES = {"ACTIVE": ("active", 1), "SHUTOFF": ("stopped", 4)}  # vm_state, power_state


def list_servers(request: Request, session: Session) -> Answer:
    """List the project's servers by name and ID."""
    listed = _listing(request, session)
    servers = [{key: server[key] for key in ("id", "name", "links")} for server in listed]
    return Answer(200, {"servers": servers})


def list_servers_in_detail(request: Request, session: Session) -> Answer:
    """List the project's servers with all there is to say about them."""
    return Answer(200, {"servers": _listing(request, session)})


def show_server(request: Request, session: Session) -> Answer:
    """Show one server."""
    server_id = request.parts["server_id"]
    server = session.find(SERVERS, request.parts["project_id"], server_id, request.now)
    if server is None:
        raise item_not_found(f"Instance {server_id} could not be found.")
    return Answer(200, {"server": _server_body(server, request, session)})


ROUTES = (
    Route("GET", "/v2.1/{project_id}/servers", list_servers),
    Route("GET", "/v2.1/{project_id}/servers/detail", list_servers_in_detail),
    Route("GET", "/v2.1/{project_id}/servers/{server_id}", show_server),
)


def _listing(request: Request, session: Session) -> list[Json]:
    page = page_of(SERVERS, request, session, filters=_FILTERS)
    return [_server_body(server, request, session) for server in page]


def _server_body(server: Server, request: Request, session: Session) -> Json:
    attached = Page(wanted=(("server_id", server.id),))
    disks = session.select(DISKS, server.project_id, attached, request.now)
    vm_state, power_state = _STATES[server.status]
    path = f"{server.project_id}/servers/{server.id}"
    return {
        "id": server.id,
        "name": server.name,
        "status": server.status,
        "tenant_id": server.project_id,
        "user_id": DEMO.id,
        "created": time_text(server.created_at)[:19] + "Z",
        "updated": time_text(server.created_at)[:19] + "Z",
        "created_at": time_text(server.created_at),
        "metadata": {},
        "addresses": {},
        "OS-EXT-AZ:availability_zone": server.zone,
        "OS-EXT-STS:task_state": server.task_state,
        "OS-EXT-STS:vm_state": vm_state,
        "OS-EXT-STS:power_state": power_state,
        "os-extended-volumes:volumes_attached": [{"id": disk.id} for disk in disks],
        "links": [
            {"rel": "self", "href": f"{_INTERNAL}/v2.1/{path}"},
            {"rel": "bookmark", "href": f"{_INTERNAL}/{path}"},
        ],
    }
