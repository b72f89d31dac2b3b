"""What the cloud's codes and words mean, and what helps.

Source: the API references of Open Telekom Cloud, Huawei Cloud and Flexible Engine; of the gateway's
codes the table in "API Request Signing Guide"; both as gathered in November 2026.
"""

from typing import NamedTuple

from evsrep.errors import ExitCode


class Meaning(NamedTuple):
    """A cause and what helps, each half a sentence."""

    cause: str
    hint: str


class StatusMeaning(NamedTuple):
    """An HTTP status: its name, cause and hint as in `Meaning`, and the exit code it leads to."""

    name: str
    cause: str
    hint: str
    exit_code: ExitCode


_CALL_SUPPORT = "contact the cloud's support"

FAILURE_DETAILS = {
    "37100017": Meaning("too many groups in the primary zone", _CALL_SUPPORT),
    "37100159": Meaning("too many groups in the secondary zone", _CALL_SUPPORT),
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

PAIR_STATUSES = {
    "creating": Meaning("the pair is being created", "wait for it with 'evsrep wait'"),
    "available": Meaning("the pair is created and usable", "nothing needs to be done"),
    "error": Meaning(
        "the creation failed; failure_detail says why",
        "see it with 'evsrep show', mend the cause, delete the pair and create it anew",
    ),
    "deleting": Meaning(
        "the pair is being deleted", "wait for the end with 'evsrep wait --for deleted'"
    ),
    "error_deleting": Meaning("the deletion failed", _CALL_SUPPORT),
}

GROUP_STATUSES = {
    "creating": Meaning("the group is being created", "wait for it with 'evsrep group wait'"),
    "available": Meaning("the group is usable", "nothing needs to be done"),
    "error": Meaning(
        "the last thing done to the group failed; failure_detail says why",
        "see it with 'evsrep group show', and mend the cause",
    ),
    "deleting": Meaning(
        "the group is being deleted", "wait for the end with 'evsrep group wait --for deleted'"
    ),
    "error_deleting": Meaning("the deletion of the group failed", _CALL_SUPPORT),
    "updating": Meaning("the group is being changed", "wait for it with 'evsrep group wait'"),
    "reversing": Meaning(
        "the group is switching over to its other zone", "wait for it with 'evsrep group wait'"
    ),
    "error_reversing": Meaning(
        "the switchover failed", "see failure_detail with 'evsrep group show', and mend the cause"
    ),
    "failovering": Meaning(
        "the group is failing over to its other zone",
        "wait for it with 'evsrep group wait --for failovered'",
    ),
    "failovered": Meaning(
        "the group has failed over: it runs on one zone alone, and nothing is protected",
        "when the failed zone is back, 'evsrep group reprotect'",
    ),
    "error_failovering": Meaning(
        "the failover failed", "see failure_detail with 'evsrep group show', and mend the cause"
    ),
}

GROUP_REPLICATION_STATUSES = {
    "active": Meaning("replicating; both zones hold the same data", "nothing needs to be done"),
    "active-stopped": Meaning(
        "the group is paused; its zones may hold different data", "'evsrep group sync' goes on"
    ),
    "copying": Meaning(
        "the group's data is being synchronised", "wait with 'evsrep group wait --for active'"
    ),
    "inactive": Meaning(
        "the group is paused or interrupted; its zones hold different data",
        "'evsrep group sync' goes on",
    ),
    "error": Meaning("the group's replication is broken", _CALL_SUPPORT),
}

REPLICATION_STATUSES = {
    "active": Meaning("replicating; both disks hold the same data", "nothing needs to be done"),
    "active-stopped": Meaning(
        "paused; both disks of a pair hold the same data", "sync to go on replicating"
    ),
    "copying": Meaning("data is being synchronised", "wait with 'evsrep wait --for active'"),
    "inactive": Meaning("paused or interrupted; the disks differ", "a sync is needed"),
    "error": Meaning("the replication is broken", _CALL_SUPPORT),
}

FAULT_LEVELS = {
    "0": Meaning("no fault", "nothing needs to be done"),
    "2": Meaning("the production disk can't be read or written", "fail over"),
    "5": Meaning("the link is down; no failover is possible", _CALL_SUPPORT),
}

GATEWAY_CODES = {  # by their digits: the prefix is APIG or APIGW
    "0101": Meaning("there is no such API here", "check endpoint and region"),
    "0103": Meaning("the gateway knows no service behind the API", "check endpoint and region"),
    "0201": Meaning(
        "the gateway took the request for wrong or too large, or the service did not answer it",
        "try again later",
    ),
    "0301": Meaning("the token or the signature is not accepted", "sign in again"),
    "0302": Meaning("the user may not use this API", "ask for a role with EVS rights"),
    "0303": Meaning("the signature is not accepted", "check access key, secret key and clock"),
    "0305": Meaning("the credentials are not accepted", "check them with 'evsrep auth check'"),
    "0306": Meaning("access is denied", "ask for a role with EVS rights"),
    "0307": Meaning("the token is to be renewed", "sign in again; check the region"),
    "0308": Meaning("too many requests", "wait, then try again"),
    "0601": Meaning("an internal error of the gateway", "try again later"),
}

_OR_UNKNOWN = "; a change may have taken effect all the same: where that can't be found out, exit 8"

HTTP_STATUSES = {  # which the API reference lists for every call, and those for what is too much
    "400": StatusMeaning(
        "Bad Request",
        "the request is malformed or breaks a rule; with Common.0013 or EVS.0002 the token is over",
        "read the cloud's message, and explain its code; check the disks' IDs, zone and names",
        ExitCode.REFUSED,
    ),
    "401": StatusMeaning(
        "Unauthorized",
        "token, password or signature are not accepted",
        "check the credentials with 'evsrep auth check', and this machine's clock",
        ExitCode.AUTH,
    ),
    "403": StatusMeaning(
        "Forbidden",
        "the user may not do this here, or the account is frozen",
        "ask for a role with EVS rights in this project",
        ExitCode.AUTH,
    ),
    "404": StatusMeaning(
        "Not Found",
        "there is no such thing in this project, or this cloud has no EVS replication",
        "check the ID, and project, region and endpoint with 'evsrep auth check'",
        ExitCode.NOT_FOUND,
    ),
    "405": StatusMeaning(
        "Method Not Allowed",
        "the endpoint does not take such a request: it may be that of another service",
        "check region and endpoint with 'evsrep auth check'",
        ExitCode.REFUSED,
    ),
    "406": StatusMeaning(
        "Not Acceptable",
        "the server can't answer in JSON: it may not be EVS, or a proxy is in the way",
        "check endpoint and proxy with 'evsrep doctor'",
        ExitCode.REFUSED,
    ),
    "407": StatusMeaning(
        "Proxy Authentication Required",
        "the proxy, not the cloud, wants credentials",
        "put user and password into the proxy's URL",
        ExitCode.AUTH,
    ),
    "408": StatusMeaning(
        "Request Timeout",
        "the server waited too long for the request" + _OR_UNKNOWN,
        "try again; if it stays so, check the network",
        ExitCode.UNAVAILABLE,
    ),
    "409": StatusMeaning(
        "Conflict",
        "what is there stands against it: a disk in a pair, a state that does not allow it",
        "look with 'evsrep list' or 'evsrep group show', and wait for what is under way",
        ExitCode.REFUSED,
    ),
    "413": StatusMeaning(
        "Request Entity Too Large",
        "a quota is used up, or there were too many requests",
        "ask for more, or delete what is not needed",
        ExitCode.REFUSED,
    ),
    "429": StatusMeaning(
        "Too Many Requests", "too many requests", "wait, then try again", ExitCode.UNAVAILABLE
    ),
    "500": StatusMeaning(
        "Internal Server Error",
        "the service failed" + _OR_UNKNOWN,
        "try again later; if it stays so, give the cloud's support the request ID",
        ExitCode.UNAVAILABLE,
    ),
    "501": StatusMeaning(
        "Not Implemented",
        "the service does not have this call" + _OR_UNKNOWN,
        "check region and endpoint; the cloud may not offer EVS replication",
        ExitCode.UNAVAILABLE,
    ),
    "502": StatusMeaning(
        "Bad Gateway",
        "the gateway had no usable answer from the service" + _OR_UNKNOWN,
        "try again later",
        ExitCode.UNAVAILABLE,
    ),
    "503": StatusMeaning(
        "Service Unavailable",
        "the service is down or overloaded" + _OR_UNKNOWN,
        "try again later",
        ExitCode.UNAVAILABLE,
    ),
    "504": StatusMeaning(
        "Gateway Timeout",
        "the service did not answer the gateway in time" + _OR_UNKNOWN,
        "try again later",
        ExitCode.UNAVAILABLE,
    ),
}


def meaning_of(code: str) -> Meaning | None:
    """Return what a code of EVS, IAM or the gateway means; None where that is not known."""
    prefix, _, digits = code.partition(".")
    if prefix in ("APIG", "APIGW"):
        return GATEWAY_CODES.get(digits)
    return ERROR_CODES.get(code)
