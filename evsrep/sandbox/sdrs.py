"""What a plan of moving to SDRS is told: domains, quotas, servers and flavours; GETs alone.

Two zones mirror each other, the third is in no domain. Every handler raises RefusalError for what
it does not do.
"""

from evsrep.sandbox.messages import Answer, Json, Request, item_not_found
from evsrep.sandbox.models import Server
from evsrep.sandbox.new_disks import QUOTA_GB
from evsrep.sandbox.routes import Route
from evsrep.sandbox.seed import ZONES
from evsrep.sandbox.store import Session
from evsrep.sandbox.tables import DISKS, SERVERS, Page

_DOMAIN_ID = "fb4bb8e3-a574-4437-a156-78c916aeea4d"
_VPC = "046852ef-c49d-409b-8389-546aaaa5701f"
_OTHER_VPC = "c09b4f0e-58d2-4c5f-8a83-0c1f9f0b7d11"  # of what faces the world
_ROOM_FOR_DISKS = 2  # more than there are
_FLAVOURS = {"s3.large.2": (2, 4096), "s3.xlarge.4": (4, 16384), "g5.8xlarge.4": (32, 131072)}
_FLAVOUR_OF = {"db-01": "s3.xlarge.4", "gpu-01": "g5.8xlarge.4"}
_TAKEN_NOWHERE_ELSE = "g5.8xlarge.4"


def list_domains(_request: Request, _session: Session) -> Answer:
    """List which zones may mirror each other."""
    local, remote = ({"availability_zone": zone} for zone in ZONES[:2])
    domain = {
        "id": _DOMAIN_ID,
        "name": "domain_001",
        "description": None,
        "sold_out": False,
        "local_replication_cluster": local,
        "remote_replication_cluster": remote,
    }
    return Answer(200, {"domains": [domain]})


def show_sdrs_quotas(_request: Request, _session: Session) -> Answer:
    """Show how much of SDRS is used, which is nothing."""
    resources = [
        {"type": name, "used": 0, "quota": quota, "min": 0, "max": -1}
        for name, quota in (("server_groups", 10), ("replications", 100))
    ]
    return Answer(200, {"quotas": {"resources": resources}})


def show_disk_quotas(request: Request, session: Session) -> Answer:
    """Show how many disks and GB are used, and how many there may be."""
    project_id = request.parts["project_id"]
    disks = session.select(DISKS, project_id, Page(), request.now)
    used = {"volumes": len(disks), "gigabytes": sum(disk.size_gb for disk in disks)}
    limits = {"volumes": len(disks) + _ROOM_FOR_DISKS, "gigabytes": used["gigabytes"] + QUOTA_GB}
    quotas = {name: {"in_use": used[name], "limit": limits[name], "reserved": 0} for name in used}
    return Answer(200, {"quota_set": {"id": project_id, **quotas}})


def show_limits(request: Request, session: Session) -> Answer:
    """Show how many servers, cores and MB of memory are used, and how many there may be."""
    servers = session.select(SERVERS, request.parts["project_id"], Page(), request.now)
    sizes = [_FLAVOURS[_flavour(server)] for server in servers]
    absolute = {
        "maxTotalInstances": 50,
        "totalInstancesUsed": len(servers),
        "maxTotalCores": 200,
        "totalCoresUsed": sum(vcpus for vcpus, _ in sizes),
        "maxTotalRAMSize": 800 * 1024,
        "totalRAMUsed": sum(ram for _, ram in sizes),
    }
    return Answer(200, {"absolute": absolute})


def show_server(request: Request, session: Session) -> Answer:
    """Show one server as ECS does."""
    server_id = request.parts["server_id"]
    server = session.find(SERVERS, request.parts["project_id"], server_id, request.now)
    if server is None:
        raise item_not_found(f"Instance {server_id} could not be found.")
    attached = Page(wanted=(("server_id", server.id),))
    disks = session.select(DISKS, server.project_id, attached, request.now)
    vcpus, ram = _FLAVOURS[_flavour(server)]
    vpc = _OTHER_VPC if server.name.startswith("web") else _VPC
    body: Json = {
        "id": server.id,
        "name": server.name,
        "status": server.status,
        "OS-EXT-AZ:availability_zone": server.zone,
        "flavor": {"id": _flavour(server), "vcpus": str(vcpus), "ram": str(ram)},
        "metadata": {"vpc_id": vpc, "os_type": "Linux"},
        "addresses": {vpc: []},
        "key_name": None,
        "locked": False,
        "os:scheduler_hints": {},
        "os-extended-volumes:volumes_attached": [
            {"id": disk.id, "device": disk.device} for disk in disks
        ],
    }
    return Answer(200, {"server": body})


def list_flavours(_request: Request, _session: Session) -> Answer:
    """List the flavours; what is said of their zones is what counts, not the filter."""
    flavours = [
        {
            "id": name,
            "name": name,
            "vcpus": str(vcpus),
            "ram": ram,
            "os_extra_specs": {"cond:operation:az": ",".join(_states(name))},
        }
        for name, (vcpus, ram) in _FLAVOURS.items()
    ]
    return Answer(200, {"flavors": flavours})


ROUTES = (
    Route("GET", "/v1/{project_id}/active-domains", list_domains),
    Route("GET", "/v1/{project_id}/sdrs/quotas", show_sdrs_quotas),
    Route("GET", "/v2/{project_id}/os-quota-sets/{same_project_id}", show_disk_quotas),
    Route("GET", "/v1/{project_id}/cloudservers/limits", show_limits),
    Route("GET", "/v1/{project_id}/cloudservers/flavors", list_flavours),
    Route("GET", "/v1/{project_id}/cloudservers/{server_id}", show_server),
)


def _flavour(server: Server) -> str:
    return _FLAVOUR_OF.get(server.name, "s3.large.2")


def _states(flavour: str) -> list[str]:
    first = ZONES[0]
    is_rare = flavour == _TAKEN_NOWHERE_ELSE
    return [f"{zone}({'sellout' if is_rare and zone != first else 'normal'})" for zone in ZONES]
