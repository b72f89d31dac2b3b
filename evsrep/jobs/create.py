"""Creating a pair, once: a disk is in one pair at most, so the two disks name the pair."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from evsrep.cloud.client import Cloud
from evsrep.cloud.models import Defaults, Pair, PairOrder
from evsrep.cloud.wire import order_fields
from evsrep.errors import EvsrepError, Refused, UsageFault
from evsrep.jobs.as_asked import check_is_as_asked, difference_of, is_as_sent
from evsrep.jobs.checks import checks_of, raise_if_broken
from evsrep.jobs.disk_make import make_disk, telling_of, wait_for_disk
from evsrep.jobs.dr_disk import DrDisk, find_or_plan, question_of
from evsrep.jobs.looks import looks
from evsrep.jobs.once import LAG_SECONDS, LOOK_SECONDS, Change, Result, run_once
from evsrep.jobs.options import ChangeOptions, timeout_words
from evsrep.jobs.pair_request import MODELS, PairRequest, Spell
from evsrep.jobs.preflight import Preflight, holds_exactly, look_before
from evsrep.jobs.report import Fields, Reporter, Words, ask, check_can_ask
from evsrep.jobs.standing import standing
from evsrep.jobs.verb import verb
from evsrep.jobs.wait import PAIR_GOALS, check_outcome, raise_if_hopeless, wait_for

_AVAILABLE = PAIR_GOALS["available"]
_IN_ANOTHER_PAIR = ("37100053", "37100054")


@dataclass(frozen=True, kw_only=True)
class CreateOptions(PairRequest, ChangeOptions):
    """What `evsrep create` takes, but for `--dry-run`, which is `plan_pair`."""

    check: bool = True
    if_not_exists: bool = False

    def validate(self, spell: Spell = str) -> None:
        """Raise UsageFault for everything at once that is wrong with the words."""
        faults = self.faults(spell, may_share_name=True)
        if faults:
            raise UsageFault.of(faults)

    def filled(self, defaults: Defaults) -> "CreateOptions":
        """Return the same with the profile's defaults; its zone counts where nothing is checked."""
        zone = self.priority_station
        if zone is None and not self.check:
            zone = defaults.priority_station or None
        model = self.replication_model
        if model is None:
            model = defaults.replication_model or MODELS[0]
        return replace(self, priority_station=zone, replication_model=model)


@verb(CreateOptions)
def create_pair(cloud: Cloud, options: CreateOptions, reporter: Reporter) -> Pair:
    """Pair two disks, given by IDs or exact names, and return the pair.

    A pair whose answer was lost is looked for by its two disks. Raises UsageFault, NotFound and
    Refused with all that is wrong at once, nothing sent; OutcomeUnknown where it can't be found out
    whether the pair is there; Failed where it ended in an error state; WaitTimeout; and what the
    cloud refuses.
    """
    options = options.filled(cloud.defaults)
    options.validate()
    cloud = cloud.for_change(yes=options.yes)
    if options.dr_zone is not None:
        check_can_ask(reporter, yes=options.yes)
    dr, preflight = _seen(cloud, options, reporter)
    there = preflight.existing if options.if_not_exists else None
    context: AbstractContextManager[None] = nullcontext()
    if there is None:
        raise_if_broken(preflight, check=options.check)
        if dr is not None:
            options, preflight, context = _with_disk(cloud, options, dr, preflight, reporter)
    with context:
        order = order_of(preflight)
        if there is not None:
            pair = _existing(there, order, reporter)
        else:
            change = _announced(cloud, options, order, reporter)
            result = run_once(change, cloud.clock, reporter)
            pair = _taken(result, change, options, order, reporter)
        return _settled(cloud, options, pair, preflight, reporter)


@verb(CreateOptions)
def plan_pair(cloud: Cloud, options: CreateOptions, reporter: Reporter) -> Mapping[str, Any]:
    """Check what `create_pair` would check; return the request: `method`, `url`, `body`, `checks`.

    With `dr_zone` the request that makes the disk is in it as `disk`, unless that is there already.
    A check is a rule: `rule`, `production` and `dr` (what the disks have), `ok` (None: not known)
    and `hint`. The reporter observes all that before it is raised for what is broken. Raises what
    `create_pair` raises before it sends anything.
    """
    options = options.filled(cloud.defaults)
    options.validate()
    dr, preflight = _seen(cloud, options, reporter)
    order = order_of(preflight)
    first = {"disk": cloud.create_disk_request(dr.order)} if dr and dr.order else {}
    is_done = preflight.existing is not None and options.if_not_exists
    checks = checks_of(preflight) if options.check and not is_done else []
    plan = {**first, **cloud.create_request(order), "checks": [check.fields for check in checks]}
    reporter.observe(Fields(plan), is_over=True)
    if is_done and preflight.existing is not None:
        check_is_as_asked(preflight.existing, order)
        raise_if_hopeless(preflight.existing, _AVAILABLE)
        reporter.note(
            "nothing would be sent: "
            f"a pair of these disks is there already, {preflight.existing.id}"
        )
    else:
        raise_if_broken(preflight, check=options.check)
    return plan


def order_of(preflight: Preflight) -> PairOrder:
    """Return the pair as it is sent, now that disks and zone are known."""
    request = preflight.request
    return PairOrder(
        preflight.ids,
        preflight.zone,
        request.replication_model or MODELS[0],
        request.name,
        request.description,
    )


def creation(
    cloud: Cloud, order: PairOrder, reporter: Reporter, *, was_asked: bool = False
) -> Change[Pair]:
    """Return the change that makes a pair, found again by its two disks."""
    beaten: list[Pair] = []  # made by a later request, and failed since the disks were in a pair

    def look() -> Pair | None:
        pairs = cloud.once(LOOK_SECONDS).pairs(volume_id=order.disks[0])
        ours = {pair.id: pair for pair in (*pairs, *beaten) if holds_exactly(pair, order.disks)}
        rivals = sorted(ours.values(), key=_precedence)
        if not rivals or rivals[0] in beaten:
            return None
        for rival in filter(failed_for_another, rivals[1:]):
            reporter.note(f"pair {rival.id} failed for it; remove it: evsrep delete {rival.id}")
        return rivals[0]

    def decide(pair: Pair) -> Pair | None:
        settled = _past_creating(cloud, pair)
        if not failed_for_another(settled):
            return settled
        beaten.append(settled)
        return None

    return Change(
        "the create",
        partial(cloud.create_pair, order),
        look,
        resends=cloud.retries,
        was_asked=was_asked,
        hint="find out before you create again: the command below prints the pair if it is there",
        decide=decide,
    )


def failed_for_another(pair: Pair) -> bool:
    """Whether a pair failed since one of its disks is in another."""
    return pair.status == "error" and pair.failure_detail in _IN_ANOTHER_PAIR


def _precedence(pair: Pair) -> tuple[bool, str]:
    """Of pairs of the same disks the oldest has them, unless it failed."""
    return pair.status == "error", str(pair.fields.get("created_at") or "")


def _past_creating(cloud: Cloud, pair: Pair) -> Pair:
    """Return a pair once it is past `creating`, or as it was seen last when the time is up."""
    for left in looks(cloud.clock, LAG_SECONDS):
        with suppress(EvsrepError):
            pair = cloud.once(max(left, 1.0)).pair(pair.id)
        if pair.status != "creating":
            break
    return pair


def _with_disk(
    cloud: Cloud, options: CreateOptions, dr: DrDisk, preflight: Preflight, reporter: Reporter
) -> tuple[CreateOptions, Preflight, AbstractContextManager[None]]:
    """Make the DR disk, unless a run before made it; return how to go on to the pair.

    The context tells of the disk whatever ends what is done within.
    """
    started = cloud.clock.now()
    cloud.prepare()  # whatever goes wrong up to here, nothing was sent
    if dr.order is not None:
        ask(reporter, *question_of([dr.order]), yes=options.yes)
    again, fields = _again(options, dr.production.id), order_fields(order_of(preflight))
    fields = {**fields, "volume_ids": [dr.production.id]}
    reporter.sending({**fields, "dr_zone": options.dr_zone}, again)
    disk = dr.disk or make_disk(cloud, dr, reporter, cloud.asked_lately(LAG_SECONDS))
    reporter.sending({**fields, "volume_ids": [dr.production.id, disk.id]}, again)
    disk = wait_for_disk(cloud, disk, options.wait_timeout, reporter, again)
    left = max(options.wait_timeout - (cloud.clock.now() - started), 0.0)
    preflight = dr.made(disk, preflight)
    context = telling_of(disk, reporter, _find_again(order_of(preflight)))
    return replace(options, wait_timeout=left), preflight, context


def _announced(
    cloud: Cloud, options: CreateOptions, order: PairOrder, reporter: Reporter
) -> Change[Pair]:
    """Report what is about to be sent, and return the change."""
    cloud.prepare()  # whatever goes wrong up to here, nothing was sent
    reporter.sending(order_fields(order), _find_again(order))
    recent = cloud.asked_lately(LAG_SECONDS) if options.if_not_exists else ()
    return creation(cloud, order, reporter, was_asked=frozenset(order.disks) in recent)


def _taken(
    result: Result[Pair],
    change: Change[Pair],
    options: CreateOptions,
    order: PairOrder,
    reporter: Reporter,
) -> Pair:
    """Return the pair that a change led to: ours, or one that there was and will do."""
    is_ours = not change.was_asked and is_as_sent(result.value, order)
    if result.was_lost and options.if_not_exists and not is_ours:
        return _existing(result.value, order, reporter)
    return _made(result, order, reporter)


def _settled(
    cloud: Cloud, options: CreateOptions, pair: Pair, preflight: Preflight, reporter: Reporter
) -> Pair:
    """Wait for the pair if that is wanted, and say how it stands."""
    if options.wait:
        pair = wait_for(cloud, pair, _AVAILABLE, options.wait_timeout, reporter) or pair
    else:
        check_outcome(pair, _AVAILABLE, reporter)
    reporter.step(standing(pair, preflight))
    return pair


def _seen(
    cloud: Cloud, options: CreateOptions, reporter: Reporter
) -> tuple[DrDisk | None, Preflight]:
    """Look before anything is sent; at a DR disk that is to be made as it will be."""
    dr, seeks_pair = None, options.if_not_exists
    if options.dr_zone is None:
        preflight = look_before(cloud, options, check=options.check, seeks_pair=seeks_pair)
    else:
        dr = find_or_plan(cloud, options, check=options.check, seeks_pair=seeks_pair)
        preflight = dr.preflight(cloud, options, check=options.check)
    for warning in preflight.warnings:
        reporter.warn(warning)
    return dr, preflight


def _again(options: CreateOptions, production_id: str) -> Words:
    """Return the same command: by the key of the disk it finds what this run made."""
    words = ["create", "--production-disk", production_id, "--dr-zone", options.dr_zone or ""]
    for flag, text in (
        ("--dr-disk-name", options.dr_disk_name),
        ("--name", options.name),
        ("--description", options.description),
        ("--priority-station", options.priority_station),
    ):
        words += [] if text is None else [flag, text]
    words += [] if options.check else ["--no-check"]
    words += ["--if-not-exists"] if options.if_not_exists else []
    words += ["--wait"] if options.wait else []
    return (*words, *timeout_words(options.wait_timeout), "--yes")


def _existing(pair: Pair, order: PairOrder, reporter: Reporter) -> Pair:
    check_is_as_asked(pair, order)
    _observe(pair, reporter)
    difference = difference_of(pair, order)
    but = f", but {difference}" if difference else ""
    reporter.note(f"a pair of these disks is there already: {pair.id}{but}")
    return pair


def _made(result: Result[Pair], order: PairOrder, reporter: Reporter) -> Pair:
    pair = result.value
    _observe(pair, reporter)
    if result.was_lost:
        found = f"pair {pair.id} was found by its two disks"
        reporter.note(f"the answer to the create had been lost; {found}")
        check_is_as_asked(pair, order)
        if not is_as_sent(pair, order):
            raise Refused(
                f"the pair of these disks, {pair.id}, was made by somebody else meanwhile: "
                f"its name is '{pair.name}', not '{order.name or ''}'",
                hint="with --if-not-exists that pair is success, if it is what was asked for",
            )
    return pair


def _observe(pair: Pair, reporter: Reporter) -> None:
    reporter.observe(pair, ("wait", pair.id), is_over=pair.status != "creating")


def _find_again(order: PairOrder) -> Words:
    """Return the command that finds out, in the API's own words, whichever disk is production."""
    words = ["create", "--volume-id", order.disks[0], "--volume-id", order.disks[1]]
    for flag, text in (("--name", order.name), ("--description", order.description)):
        words += [] if text is None else [flag, text]
    return (*words, "--priority-station", order.priority_station, "--if-not-exists")
