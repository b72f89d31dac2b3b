"""The cloud: pairs, groups, disks and servers in, the same out.

What may go wrong is one of `evsrep.errors`. A change whose answer is lost is `OutcomeUnknown`
here; `jobs` knows what to do then.
"""

import copy
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from evsrep.clock import Clock
from evsrep.cloud import endpoints, wire
from evsrep.cloud.guard import UNGUARDED, ChangeGuard
from evsrep.cloud.http import Answer, Call, Http, Limits, skew_seconds
from evsrep.cloud.models import (
    Defaults,
    Disk,
    Group,
    GroupChange,
    GroupOrder,
    Pair,
    PairOrder,
    Server,
    Session,
)
from evsrep.cloud.paging import PAGE, Page, walk
from evsrep.cloud.problems import Place, not_found
from evsrep.cloud.signin import SignIn
from evsrep.errors import ConfigError, NotOffered, Unavailable

T = TypeVar("T")

_NO_DEFAULTS = Defaults()

_PAIRS = "os-vendor-replications"
_GROUPS = "os-vendor-replication-consistency-groups"


class Cloud:
    """One project of one cloud. Safe to use from several threads."""

    def __init__(
        self,
        http: Http,
        sign_in: SignIn,
        *,
        auth_url: str,
        region: str = "",
        project_id: str = "",
        endpoint: str = "",
        compute_endpoint: str = "",
        defaults: Defaults = _NO_DEFAULTS,
        guard: ChangeGuard = UNGUARDED,
    ) -> None:
        self.defaults = defaults
        self._guard = guard
        self._http = http
        self._sign_in = sign_in
        self._auth_url = auth_url
        self._region = region
        self._given_project_id = project_id
        self._given_endpoint = endpoint
        self._given_compute_endpoint = compute_endpoint

    def once(self, seconds: float) -> "Cloud":
        """The same cloud, asked once and within so many seconds: for who asks again anyway."""
        other = copy.copy(self)
        timeout = min(seconds, self._http.limits.timeout)
        other._http = self._http.limited(Limits(timeout=timeout, retries=0))
        return other

    def for_change(self, *, yes: bool) -> "Cloud":
        """Return the same cloud, allowed to change things."""
        self._guard.check(yes=yes)
        return self

    def hide(self, text: str) -> str:
        """Return the text without secrets."""
        return self._http.hide(text)

    @property
    def clock(self) -> Clock:
        """The clock that this cloud is asked on."""
        return self._http.clock

    @property
    def retries(self) -> int:
        """How often a request may be sent again."""
        return self._http.limits.retries

    # Where and who

    def prepare(self) -> None:
        """Sign in and find the endpoint, as far as that takes requests at all."""
        _ = self.endpoint

    def session(self) -> Session:
        """Who we are; asks the cloud the first time."""
        return self._sign_in.session()

    @property
    def front_url(self) -> str:
        """Where the first request goes: to IAM, or where it is not needed, to EVS."""
        return self._auth_url or self.endpoint

    @property
    def front_host(self) -> str:
        """The host of the first request."""
        return urlsplit(self.front_url).hostname or ""

    def look_up(self) -> list[str]:
        """The addresses of the first host."""
        from evsrep.cloud.transport import addresses

        try:
            return addresses(self.front_host, self._http.limits.timeout)
        except OSError as error:
            hint = "check the host name in the profile, and the network"
            raise Unavailable(str(error), hint=hint) from error

    def probe(self) -> Answer:
        """Ask the first host anything, without credentials: any answer is one."""
        return self._http.probe(self.front_url)

    def clock_skew(self) -> float | None:
        """How many seconds our clock is ahead of the cloud's; None where it does not say."""
        return skew_seconds(self.probe().headers, self._http.clock.time())

    def check_servers(self) -> None:
        """Ask the servers' service for anything; raises what goes wrong."""
        url = f"{self.compute_endpoint}/servers?limit=1"
        call = Call("GET", url, "list of servers")
        self._http.send(call, lambda answer: None, self._sign_in)

    def forget(self) -> bool:
        """Revoke and drop the token that earlier runs left; False where there is none."""
        return self._sign_in.forget()

    @property
    def region(self) -> str:
        """The region as the profile has it; may be empty."""
        return self._region

    @property
    def auth_url(self) -> str:
        """IAM's address; empty where none is needed."""
        return self._auth_url

    @cached_property
    def project_id(self) -> str:
        """The project's ID: the profile's, else the token's."""
        found = self._given_project_id or self.session().project_id
        if not found:
            raise ConfigError(
                "the token is for no project, and EVS needs one",
                hint="set project_id or project_name in the profile",
            )
        return found

    @cached_property
    def endpoint(self) -> str:
        """The base URL of EVS, up to and with the project."""
        catalog = () if self._given_endpoint else self.session().catalog
        return endpoints.evs_url(
            self._given_endpoint, catalog, self._region, self.project_id, self._auth_url
        )

    @cached_property
    def compute_endpoint(self) -> str:
        """The base URL of the servers' service; empty where none is known."""
        catalog = () if self._given_compute_endpoint else self.session().catalog
        return endpoints.compute_url(
            self._given_compute_endpoint, catalog, self._region, self.project_id, self._auth_url
        )

    # Pairs

    def create_pair(self, order: PairOrder) -> Pair:
        """Ask for a pair; it starts `creating`. One request, repeated only where that is safe."""
        call = self._pairs_call("POST", "", "the create", body=wire.order_to_wire(order))
        return self._http.send(call, _pair, self._sign_in)

    def create_request(self, order: PairOrder) -> dict[str, Any]:
        """The request that `create_pair` would send: `method`, `url`, `body`."""
        call = self._pairs_call("POST", "", "the create", body=wire.order_to_wire(order))
        return {"method": call.method, "url": call.url, "body": dict(call.body or {})}

    def pair(self, pair_id: str) -> Pair:
        """One pair by its ID."""
        call = self._pairs_call("GET", f"/{quote(pair_id, safe='')}", f"pair {pair_id}")
        return self._of_member(_PAIRS, call, _pair)

    def delete_pair(self, pair_id: str) -> None:
        """Ask for a pair to be deleted. One request, repeated only where that is safe."""
        call = self._pairs_call("DELETE", f"/{quote(pair_id, safe='')}", "the delete")
        self._of_member(_PAIRS, call, lambda answer: None)

    def pairs(self, *, first: int = PAGE, **filters: str) -> Iterator[Pair]:
        """The project's pairs, page by page, each once; `first` is how many are wanted at first.

        The filters, and `sort_key` and `sort_dir`, are the service's own; it may ignore them.
        """

        def page(query: str) -> Page[Pair]:
            call = self._pairs_call("GET", f"?{query}", "the list of pairs")
            return self._http.send(call, _pairs, self._sign_in)

        return walk(page, filters, first=first)

    # Groups

    def create_group(self, order: GroupOrder) -> Group:
        """Ask for a group; it starts `creating`. One request, repeated only where that is safe."""
        body = wire.group_order_to_wire(order)
        call = self._call("POST", _GROUPS, "", "the create", body)
        return self._http.send(call, _group, self._sign_in)

    def group(self, group_id: str) -> Group:
        """One group by its ID."""
        call = self._call("GET", _GROUPS, f"/{quote(group_id, safe='')}", f"group {group_id}")
        return self._of_member(_GROUPS, call, _group)

    def groups(self, *, first: int = PAGE, **filters: str) -> Iterator[Group]:
        """The project's groups, as `pairs` has the pairs."""

        def page(query: str) -> Page[Group]:
            call = self._call("GET", _GROUPS, f"?{query}", "list of groups")
            return self._http.send(call, _groups, self._sign_in)

        return walk(page, filters, first=first)

    def update_group(self, group_id: str, change: GroupChange) -> None:
        """Ask for a group to be changed."""
        body = wire.group_change_to_wire(change)
        self._change_group("PUT", group_id, "", "the update", body)

    def delete_group(self, group_id: str) -> None:
        """Ask for a group to be deleted."""
        self._change_group("DELETE", group_id, "", "the delete")

    def act(self, group_id: str, wire_name: str, what: str) -> None:
        """Do to a group what the service calls so; `what` is the user's word for it."""
        self._change_group("POST", group_id, "/action", f"the {what}", {wire_name: None})

    def expand(self, group_id: str, pair_id: str, size_gb: int) -> None:
        """Grow both disks of one pair."""
        body = wire.expansion_to_wire(pair_id, size_gb)
        self._change_group("POST", group_id, "/action", "the expansion", body)

    def _change_group(
        self, method: str, group_id: str, rest: str, what: str, body: dict[str, Any] | None = None
    ) -> None:
        """One request, repeated only where that is safe; what it answers is not looked at."""
        call = self._call(method, _GROUPS, f"/{quote(group_id, safe='')}{rest}", what, body)
        self._of_member(_GROUPS, call, lambda answer: None)

    # Disks and servers

    def disk(self, disk_id: str) -> Disk:
        """One disk by its ID."""
        path = f"/volumes/{quote(disk_id, safe='')}"
        call = Call("GET", self.endpoint + path, f"disk {disk_id}")
        return self._http.send(call, _disk, self._sign_in)

    def disks(self, **filters: str) -> Iterator[Disk]:
        """The project's disks, page by page; each once."""

        def page(query: str) -> Page[Disk]:
            url = f"{self.endpoint}/volumes/detail?{query}"
            return self._http.send(Call("GET", url, "list of disks"), _disks, self._sign_in)

        return walk(page, filters)

    def server(self, server_id: str) -> Server:
        """One server by its ID."""
        if not self.compute_endpoint:
            raise ConfigError("the catalog names no compute endpoint")
        url = f"{self.compute_endpoint}/servers/{quote(server_id, safe='')}"
        call = Call("GET", url, f"server {server_id}")
        return self._http.send(call, _server, self._sign_in)

    def _of_member(self, noun: str, call: Call, read: Callable[[Answer], T]) -> T:
        """Send a call to one thing; a 404 in words that tell nothing is told by the collection."""
        try:
            return self._http.send(call, read, self._sign_in)
        except NotOffered as error:
            collection = self._call("GET", noun, "?limit=1", "the list")
            self._http.send(collection, lambda answer: None, self._sign_in)
            raise not_found(call.what, error.service_error, is_read=call.repeats_freely) from error

    def _pairs_call(
        self, method: str, rest: str, what: str, body: dict[str, Any] | None = None
    ) -> Call:
        return self._call(method, _PAIRS, rest, what, body)

    def _call(
        self, method: str, noun: str, rest: str, what: str, body: dict[str, Any] | None = None
    ) -> Call:
        url = f"{self.endpoint}/{noun}{rest}"
        place = Place.MEMBER if rest.startswith("/") else Place.COLLECTION
        return Call(method, url, what, body=body, place=place)


def _pair(answer: Answer) -> Pair:
    return wire.pair_from_wire(wire.member(answer.body, "replication"))


def _pairs(answer: Answer) -> Page[Pair]:
    found = wire.members(answer.body, "replications")
    return Page([wire.pair_from_wire(each) for each in found])


def _group(answer: Answer) -> Group:
    return wire.group_from_wire(wire.member(answer.body, "replication_consistency_group"))


def _groups(answer: Answer) -> Page[Group]:
    found = wire.members(answer.body, "replication_consistency_groups")
    return Page([wire.group_from_wire(each) for each in found])


def _disk(answer: Answer) -> Disk:
    return wire.disk_from_wire(wire.member(answer.body, "volume"))


def _disks(answer: Answer) -> Page[Disk]:
    found = wire.members(answer.body, "volumes")
    # the disks' service may have a page limit below ours, and says so by a link; the link itself
    # points at an internal host and is not followed
    has_link = bool(wire.read_object(answer.body).get("volumes_links"))
    return Page([wire.disk_from_wire(each) for each in found], has_link)


def _server(answer: Answer) -> Server:
    return wire.server_from_wire(wire.member(answer.body, "server"))
