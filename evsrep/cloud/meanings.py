"""What the cloud's codes and words mean, and what helps.

Source: the API references of Open Telekom Cloud, Huawei Cloud and Flexible Engine.
"""

from typing import NamedTuple


class Meaning(NamedTuple):
    """A cause and what helps, each half a sentence."""

    cause: str
    helps: str


_CALL_SUPPORT = "contact the cloud's support"

FAILURE_DETAILS = {
    "37100041": Meaning(
        "the capacities of the two disks differ", "make them equal, then pair again"
    ),
    "37100043": Meaning(
        "the peer availability zone can't be reached",
        "contact the cloud's support: they check the link",
    ),
    "37100044": Meaning("the production disk is lazy-loading", "wait until its loading is done"),
    "37100045": Meaning("the DR disk is lazy-loading", "wait until its loading is done"),
    "37100048": Meaning("the production disk does not exist", "name an existing disk"),
    "37100050": Meaning("the DR disk does not exist", "name an existing disk"),
    "37100053": Meaning("the production disk is in another pair", "name a free disk"),
    "37100054": Meaning("the DR disk is in another pair", "name a free disk"),
    "37100058": Meaning(
        "the DR disk is attached to a running server",
        "stop that server, or name an unattached disk",
    ),
    "37100177": Meaning(
        "the storage pool of the primary zone is unhealthy",
        "wait; if it stays so, contact the cloud's support",
    ),
    "37100178": Meaning(
        "the storage pool of the secondary zone is unhealthy",
        "wait; if it stays so, contact the cloud's support",
    ),
    "37000212": Meaning("an internal error of the cloud", _CALL_SUPPORT),
    "37000216": Meaning("the cloud's replication system is busy", "try again later"),
}

ERROR_CODES = {
    "Common.0013": Meaning("the token has expired or was revoked", "sign in again"),
    "EVS.0002": Meaning("the token has expired or was revoked", "sign in again"),
    "Common.0018": Meaning("the project is not the token's", "check project_id and endpoint"),
    "EVS.0001": Meaning("the project is not the token's", "check project_id and endpoint"),
    "EVS.0003": Meaning("no permission", "ask for a role with EVS rights in this project"),
    "EVS.1027": Meaning("no permission", "ask for a role with EVS rights in this project"),
    "EVS.5403": Meaning("no permission", "ask for a role with EVS rights in this project"),
    "EVS.2144": Meaning("the account is frozen", "see the account's bills"),
    "EVS.2145": Meaning("the account is suspended", "see the account's bills"),
    "EVS.1002": Meaning("a disk ID is malformed", "check the IDs"),
    "EVS.1003": Meaning("the name is not accepted", "use at most 255 bytes"),
    "EVS.1004": Meaning("the description is not accepted", "use at most 255 bytes"),
    "EVS.1036": Meaning("the availability zone is not accepted", "check the zone's name"),
    "EVS.2089": Meaning("the disk belongs to SDRS", "name a disk that SDRS does not protect"),
    "EVS.5404": Meaning("there is no such thing in this project", "check the ID and the profile"),
    "EVS.5413": Meaning("a quota is used up", "ask for more, or delete what is not needed"),
    "EVS.1034": Meaning("a quota is used up", "ask for more, or delete what is not needed"),
    "EVS.1042": Meaning("a quota is used up", "ask for more, or delete what is not needed"),
    "IAM.0012": Meaning("too many sign-ins", "wait a minute, then try again"),
}

TOKEN_CODES = frozenset({"Common.0013", "EVS.0002"})
"""Codes of a 400 that says what elsewhere is a 401."""
