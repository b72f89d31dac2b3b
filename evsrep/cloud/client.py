"""The cloud: pairs, groups, disks and servers in, the same out.

What may go wrong is one of `evsrep.errors`: whatever asks raises AuthError, NotFound, NotOffered or
Refused as the cloud answers, Unavailable where it can't be asked or says what can't be used,
ConfigError for a profile that leads nowhere, UsageFault once the cloud is closed. A change is
Refused, and not sent, where the profile forbids it; one whose answer is lost is OutcomeUnknown.
"""

import copy
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from evsrep.clock import Clock
from evsrep.cloud import endpoints, wire
from evsrep.cloud.calls import Answer, Call, read_nothing
from evsrep.cloud.endpoints import Places, quoted
from evsrep.cloud.models import (
    Defaults,
    Group,
    GroupChange,
    GroupOrder,
    Pair,
    PairOrder,
    Session,
)
from evsrep.cloud.paging import PAGE, Page, walk
from evsrep.cloud.problems import Place, not_found
from evsrep.cloud.retry import skew_seconds
from evsrep.cloud.volumes import Volumes
from evsrep.errors import ConfigError, NotOffered, Unavailable
from evsrep.secrets import Secrets

if TYPE_CHECKING:  # httpx is slow to import, and what only names a cloud needs none
    from evsrep.cloud.http import Http
    from evsrep.cloud.sdrs import Successor
    from evsrep.cloud.signin import SignIn

_PAIRS = "os-vendor-replications"
_GROUPS = "os-vendor-replication-consistency-groups"
_NO_DEFAULTS = Defaults()


class Cloud(Volumes):
    """One project of one cloud. Safe to use from several threads."""

    def __init__(
        self,
        http: "Http",
        sign_in: "SignIn",
        places: Places,
        *,
        project_id: str = "",
        defaults: Defaults = _NO_DEFAULTS,
    ) -> None:
        self.defaults = defaults
        self.asked_lately = http.asked_lately
        self.made_lately = http.made_lately
        self._http = http
        self._sign_in = sign_in
        self._places = places
        self._own_project_id = project_id

    def once(self, seconds: float = math.inf) -> "Cloud":
        """Return the same cloud, asked once and within so many seconds: the caller asks again."""
        timeout = min(seconds, self._http.limits.timeout)
        return self._with(self._http.limited(timeout=timeout, retries=0))

    def within(self, seconds: float) -> "Cloud":
        """Return the same cloud, with so many seconds for all that it is asked from now on."""
        return self._with(self._http.limited(deadline=self.clock.now() + seconds))

    def for_change(self, *, yes: bool) -> "Cloud":
        """Return the same cloud, allowed to change what it has; `yes` is the caller's own word.

        Raises Refused where the profile is read_only, or protected and not named and meant.
        """
        self._http.guard.check(yes=yes)
        return self._with(self._http.unlocked())

    @property
    def secrets(self) -> Secrets:
        """The secrets that are starred out of whatever is reported of this cloud."""
        return self._http.secrets

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
        """Sign in and find the endpoint, as far as that takes requests; raises what they raise."""
        _ = self.endpoint

    def session(self) -> Session:
        """Return who we are; asks the cloud the first time, and raises what a sign-in raises."""
        self._http.check_is_usable()  # a fork may have the sign-in's lock taken for good
        return self._sign_in.session(self._http)

    @property
    def auth_url(self) -> str:
        """IAM's address; empty where none is needed."""
        return self._places.auth_url

    @property
    def front_url(self) -> str:
        """Where the first request goes: to IAM, else to EVS; raises what `endpoint` raises."""
        return self.auth_url or self.endpoint

    @property
    def front_host(self) -> str:
        """The host of the first request; raises what `endpoint` raises."""
        return urlsplit(self.front_url).hostname or ""

    def look_up(self) -> list[str]:
        """Return the addresses of the first host. Raises Unavailable where it has none."""
        from evsrep.cloud.addresses import look_up

        try:
            return look_up(self.front_host, self._http.limits.timeout)
        except OSError as error:
            hint = "check the host name in the profile, and the network"
            raise Unavailable(str(error), hint=hint) from error

    def probe(self) -> Answer:
        """Ask the first host anything, once, unsigned; raises Unavailable where none answers."""
        call = Call("GET", self.front_url, self.front_url, takes_any_status=True)
        return self.once(self._http.limits.timeout)._http.send(call, lambda answer: answer)

    def clock_skew(self) -> float | None:
        """Return how many seconds our clock is ahead, None where untold. Raises as `probe`."""
        return skew_seconds(self.probe().headers, self._http.clock.time())

    def check_servers(self) -> None:
        """Ask the servers' service for anything, and raise what goes wrong."""
        call = Call("GET", f"{self.compute_endpoint}/servers?limit=1", "list of servers")
        self._http.send(call, read_nothing, self._sign_in)

    def forget(self) -> bool:
        """Revoke and drop the token of earlier runs; False without one. Raises as a request."""
        return self._sign_in.forget(self._http)

    @cached_property
    def project_id(self) -> str:
        """The project's ID: the profile's, else the token's. Raises ConfigError without one."""
        project_id = self._own_project_id or self.session().project_id
        if not project_id:
            raise ConfigError(
                "the token is for no project, and EVS needs one",
                hint="set project_id or project_name in the profile",
            )
        return project_id

    @cached_property
    def region(self) -> str:
        """The region; raises ConfigError where nothing says which, and what a sign-in raises."""
        return endpoints.region_of(self._places, self.session)

    @cached_property
    def endpoint(self) -> str:
        """The base URL of EVS, up to and with the project.

        Raises ConfigError where none is known, Unavailable where the catalog's can't be used.
        """
        return endpoints.evs_url(self._places, self.session, self.project_id)

    @cached_property
    def compute_endpoint(self) -> str:
        """The base URL of the servers' service; empty where none is known.

        Raises Unavailable where the catalog's can't be used.
        """
        return endpoints.compute_url(self._places, self.session, self.project_id)

    @property
    def successor(self) -> "Successor":
        """What tells what a move to SDRS would meet. Raises as `endpoint`."""
        from evsrep.cloud.sdrs import Successor  # which one command alone needs

        sdrs = endpoints.sdrs_url(self._places, self.session, self.project_id)
        bases = (sdrs, self.endpoint, self.compute_endpoint, self.project_id)
        return Successor(self._http, self._sign_in, *bases)

    # Pairs

    def create_pair(self, order: PairOrder) -> Pair:
        """Ask for a pair; it starts `creating`. One request, repeated only where that is safe.

        Raises Refused as the cloud or the profile does, OutcomeUnknown where the answer is lost.
        """
        return self._http.send(self._create_call(order), wire.read_pair, self._sign_in)

    def create_request(self, order: PairOrder) -> dict[str, Any]:
        """Return what `create_pair` would send: `method`, `url`, `body`. Raises as `prepare`."""
        return self._create_call(order).as_shown()

    def pair(self, pair_id: str) -> Pair:
        """Return one pair by its ID. Raises NotFound where there is none."""
        call = self._member_call("GET", _PAIRS, quoted(pair_id), f"pair {pair_id}")
        with self._missing_is_looked_into(_PAIRS, call):
            return self._http.send(call, wire.about(pair_id, wire.read_pair), self._sign_in)

    def delete_pair(self, pair_id: str) -> None:
        """Ask for a pair to be deleted. One request, repeated only where that is safe.

        Raises NotFound where there is none, Refused as the cloud or the profile does,
        OutcomeUnknown where the answer is lost.
        """
        call = self._member_call("DELETE", _PAIRS, quoted(pair_id), "the delete")
        with self._missing_is_looked_into(_PAIRS, call):
            self._http.send(call, read_nothing, self._sign_in)

    def pairs(self, *, first: int = PAGE, **filters: str) -> Iterator[Pair]:
        """Return the project's pairs, page by page, each once; at first `first` of them at most.

        The filters, and `sort_key` and `sort_dir`, are the service's own; it may ignore them.
        Raises what a request raises, as pages are asked for.
        """

        def page(query: str) -> Page[Pair]:
            call = self._collection_call("GET", f"{_PAIRS}?{query}", "the list of pairs")
            return self._http.send(call, wire.read_pairs, self._sign_in)

        return walk(page, filters, first=first)

    # Groups

    def create_group(self, order: GroupOrder) -> Group:
        """Ask for a group; it starts `creating`. One request, repeated only where that is safe.

        Raises Refused as the cloud or the profile does, OutcomeUnknown where the answer is lost.
        """
        body = wire.group_order_to_wire(order)
        call = self._collection_call("POST", _GROUPS, "the create", body)
        return self._http.send(call, wire.read_group, self._sign_in)

    def group(self, group_id: str) -> Group:
        """Return one group by its ID. Raises NotFound where there is none."""
        call = self._member_call("GET", _GROUPS, quoted(group_id), f"group {group_id}")
        with self._missing_is_looked_into(_GROUPS, call):
            return self._http.send(call, wire.about(group_id, wire.read_group), self._sign_in)

    def groups(self, *, first: int = PAGE, **filters: str) -> Iterator[Group]:
        """Return the project's groups, as `pairs` the pairs; raises what that raises."""

        def page(query: str) -> Page[Group]:
            call = self._collection_call("GET", f"{_GROUPS}?{query}", "list of groups")
            return self._http.send(call, wire.read_groups, self._sign_in)

        return walk(page, filters, first=first)

    def update_group(self, group_id: str, change: GroupChange) -> None:
        """Ask for a group to be changed; raises what `delete_pair` raises."""
        body = wire.group_change_to_wire(change)
        call = self._member_call("PUT", _GROUPS, quoted(group_id), "the update", body)
        with self._missing_is_looked_into(_GROUPS, call):
            self._http.send(call, read_nothing, self._sign_in)

    def delete_group(self, group_id: str) -> None:
        """Ask for a group to be deleted; raises what `delete_pair` raises."""
        call = self._member_call("DELETE", _GROUPS, quoted(group_id), "the delete")
        with self._missing_is_looked_into(_GROUPS, call):
            self._http.send(call, read_nothing, self._sign_in)

    def act(self, group_id: str, wire_name: str, what: str) -> None:
        """Have a group do what the service calls so; `what` is the user's word for it.

        Raises what `delete_pair` raises.
        """
        path = f"{quoted(group_id)}/action"
        call = self._member_call("POST", _GROUPS, path, f"the {what}", {wire_name: None})
        with self._missing_is_looked_into(_GROUPS, call):
            self._http.send(call, read_nothing, self._sign_in)

    def expand(self, group_id: str, pair_id: str, size_gb: int) -> None:
        """Grow both disks of one pair of a group; raises what `delete_pair` raises."""
        path, body = f"{quoted(group_id)}/action", wire.expansion_to_wire(pair_id, size_gb)
        call = self._member_call("POST", _GROUPS, path, "the expansion", body)
        with self._missing_is_looked_into(_GROUPS, call):
            self._http.send(call, read_nothing, self._sign_in)

    def _with(self, http: "Http") -> "Cloud":
        other = copy.copy(self)
        other._http = http
        return other

    @contextmanager
    def _missing_is_looked_into(self, noun: str, call: Call) -> Iterator[None]:
        """Ask the collection what a 404 for one of its things means, where that is unclear."""
        try:
            yield
        except NotOffered as error:
            collection = self._collection_call("GET", f"{noun}?limit=1", "the list")
            self._http.send(collection, read_nothing, self._sign_in)
            raise not_found(call.what, error.service_error, is_read=call.repeats_freely) from error

    def _create_call(self, order: PairOrder) -> Call:
        call = self._collection_call("POST", _PAIRS, "the create", wire.order_to_wire(order))
        return call._replace(about=order.disks)

    def _collection_call(
        self, method: str, path: str, what: str, body: Mapping[str, Any] | None = None
    ) -> Call:
        url = f"{self.endpoint}/{path}"
        return Call(method, url, what, body=body, place=Place.COLLECTION)

    def _member_call(
        self, method: str, noun: str, path: str, what: str, body: Mapping[str, Any] | None = None
    ) -> Call:
        url = f"{self.endpoint}/{noun}/{path}"
        return Call(method, url, what, body=body, place=Place.MEMBER)
