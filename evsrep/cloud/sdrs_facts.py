"""What is known of SDRS, the successor of the replication API, and since when; nothing is guessed.

Source: "Storage Disaster Recovery Service", User Guide and API Reference of Open Telekom Cloud,
text of 2026-02-26; the service's menu, FAQ and provider code of Huawei Cloud and Flexible Engine;
all as gathered in November 2026. It speaks of a service of which little is documented: what a plan
can't know is a question mark in it.
"""

from typing import NamedTuple

from evsrep.cloud.meanings import Meaning

AS_OF = "2026-02-26"

OPEN_TELEKOM, HUAWEI, FLEXIBLE_ENGINE = "Open Telekom Cloud", "Huawei Cloud", "Flexible Engine"
_HOSTS = {
    ".otc.t-systems.com": OPEN_TELEKOM,
    ".myhuaweicloud.com": HUAWEI,
    ".orange-business.com": FLEXIBLE_ENGINE,
}
WHERE = {
    OPEN_TELEKOM: "in eu-de only, between eu-de-01 and eu-de-02",
    HUAWEI: "closed to new customers: synchronous replication is sold no longer, and there is no "
    "change to what is sold in its place",
    FLEXIBLE_ENGINE: "not known today; in 2020 it was not generally available",
}


class Loss(NamedTuple):
    """Something that a user of pairs has today and SDRS has not, in a word and in a sentence."""

    what: str
    why: str


LOSSES = (
    Loss(
        "your DR servers and DR disks",
        "a protected instance brings a DR server and DR disks of its own; the old DR disk can't be "
        "kept, and all data is copied anew",
    ),
    Loss(
        "failover when a zone is lost",
        "SDRS' failover is for faulty storage; where the production zone is lost, a DR drill in "
        "the other one is the only way",
    ),
    Loss(
        "one point in time for all disks of a group",
        "each pair is synchronised by itself: a database whose log and data lie on different disks "
        "loses what the consistency group gave it",
    ),
    Loss(
        "groups across networks", "a protection group is one VPC, one pair of zones, one direction"
    ),
    Loss(
        "protection for a time",
        "each server is unprotected from step 2 until step 5: deleting its pairs, 4 to 7 minutes "
        "to protect it, and one full copy of all its disks. To shorten it: one server at a time, a "
        "small one first; groups and quota ahead; hours of few writes; a consistency group split "
        "beforehand into one for each server",
    ),
)
UNKNOWN = (
    "whether SDRS refuses a disk that is in an EVS pair (it is to be expected)",
    "how long the first copy takes: it goes by the disks' size, no rate is told",
    "whether pairs outlive the instance that brought them",
)
BAD_FLAVOURS = {
    **dict.fromkeys(("g", "p", "pi", "vgpu"), "GPU"),
    "fp": "FPGA",
    **dict.fromkeys(("c6", "c9", "s9", "i9", "m9"), "of a family that is excluded"),
    **dict.fromkeys(("k", "kc", "km", "ki"), "Kunpeng"),
    **dict.fromkeys(("e1", "e2", "e3"), "large-memory on Xen"),
    **dict.fromkeys(("d1", "d2"), "disk-intensive"),
    "physical": "bare metal",
}
"""Families that SDRS does not take on Open Telekom Cloud, by what their names begin with."""


def cloud_of(host: str) -> str:
    """Return which cloud a host belongs to; empty where that is not known."""
    return next((cloud for end, cloud in _HOSTS.items() if host.endswith(end)), "")


_SUPPORT = "once more, then contact the cloud's support"
_ROLE = "ask for the role SDRS Administrator in this project"

CODES = {
    "SDRS.0001": Meaning("the project is not the token's", "check project_id"),
    "SDRS.0002": Meaning("the token is not accepted", "sign in again"),
    "SDRS.0003": Meaning("no permission", _ROLE),
    "SDRS.0004": Meaning("no permission", _ROLE),
    "SDRS.0005": Meaning("no permission", _ROLE),
    "SDRS.0008": Meaning("the service ran out of time", _SUPPORT),
    "SDRS.0011": Meaning("another service refused what SDRS asked of it", _SUPPORT),
    "SDRS.0013": Meaning("an internal error of the service", _SUPPORT),
    "SDRS.0201": Meaning("a parameter is wrong; which one is not told", "compare with the manual"),
    "SDRS.0202": Meaning("the name is not accepted", "use 1 to 64 bytes of A-Z a-z 0-9 . _ -"),
    "SDRS.0203": Meaning("the zone is not accepted", "take the zones of an active-active domain"),
    "SDRS.0204": Meaning("the VPC is not accepted", "take the VPC that the servers are in"),
    "SDRS.0205": Meaning("the domain is not accepted", "take the ID of an active-active domain"),
    "SDRS.0209": Meaning("the state does not allow it", "wait until what is under way has ended"),
    "SDRS.0212": Meaning("the description is not accepted", "at most 64 bytes, no < and no >"),
    "SDRS.0225": Meaning("the disk is frozen", "see the account's bills"),
    "SDRS.0305": Meaning("the quota of protection groups is used up", "ask for more"),
    "SDRS.0306": Meaning("the quota of replication pairs is used up", "ask for more"),
    "SDRS.1001": Meaning("the protection group holds instances", "delete these first"),
    "SDRS.1010": Meaning("the protection group holds pairs", "delete these first"),
    "SDRS.1013": Meaning("there is no such protection group", "check its ID and the project"),
    "SDRS.1303": Meaning(
        "the server is in the wrong zone", "protect it in a group whose source is the server's zone"
    ),
    "SDRS.1304": Meaning("the server is in another VPC", "protect it in a group of its own VPC"),
    "SDRS.1305": Meaning("the server is protected already", "nothing needs to be done"),
    "SDRS.1320": Meaning("there is no such protected instance", "check its ID and the project"),
    "SDRS.1321": Meaning("the server has no disk", "attach one"),
    "SDRS.1326": Meaning("there is no such server", "check its ID and the project"),
    "SDRS.1333": Meaning("the server is neither active nor shut off", "wait, or stop it"),
    "SDRS.1336": Meaning("the server has extension NICs", "detach these"),
    "SDRS.1339": Meaning("the server has no system disk", "attach one"),
    "SDRS.1350": Meaning("the instance could not be protected", "see the job's fail_reason"),
    "SDRS.1353": Meaning("the DR server's flavour is not allowed", "name another with flavorRef"),
    "SDRS.1356": Meaning(
        "the server's flavour is not allowed", "resize the server, or leave it out"
    ),
    "SDRS.1357": Meaning("the server is locked", "wait, or have it unlocked"),
    "SDRS.1358": Meaning("too many instances in the group", "make another group"),
    "SDRS.1359": Meaning("another service has locked the server", "wait, or have it unlocked"),
    "SDRS.1801": Meaning("the disk is not available", "detach it, or protect its server instead"),
    "SDRS.1802": Meaning("the disk is encrypted", "there is no way: SDRS takes no encrypted disk"),
    "SDRS.1806": Meaning("the disk's type is not allowed", "there is no way with this type"),
    "SDRS.1810": Meaning("the disk is in the wrong zone", "use a group of its zone"),
    "SDRS.1811": Meaning("the disk is in a pair already", "delete that pair first"),
    "SDRS.1830": Meaning("pairs are still synchronising", "wait until they are"),
}
