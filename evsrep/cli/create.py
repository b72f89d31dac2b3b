"""`evsrep create`: pair two disks."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from evsrep.cli import complete
from evsrep.cli.app import App, pass_app
from evsrep.cli.options import Command, Patience, everywhere, may_wait
from evsrep.cli.waiting import wait_for
from evsrep.errors import (
    EvsrepError,
    InternalError,
    Interrupted,
    OutcomeUnknown,
    OutputClosed,
    OutputFailed,
    UsageFault,
)
from evsrep.jobs.order import MODELS, Wish, faults_of
from evsrep.output.shapes import PAIR, REQUEST, Shape

if TYPE_CHECKING:
    from evsrep.cloud.models import Pair, PairOrder
    from evsrep.jobs.check import Survey


class Conduct(NamedTuple):
    """How to go about it."""

    checks: bool
    is_dry_run: bool
    takes_existing: bool
    patience: Patience


def _shape(params: Mapping[str, Any]) -> Shape:
    return REQUEST if params.get("dry_run") else PAIR


@click.command(
    cls=Command,
    what="What to pair",
    shape=_shape,
    examples=(
        "evsrep create --production-disk db-01-data --dr-disk db-01-data-dr --wait",
        "id=$(evsrep create --production-disk $A --dr-disk $B -o value -c id)",
        "evsrep create --volume-id $A --volume-id $B --priority-station $AZ --dry-run",
    ),
)
@click.option("--production-disk", metavar="DISK", default="", help="ID or exact name.")
@click.option("--dr-disk", metavar="DISK", default="", help="ID or exact name.")
@click.option(
    "--volume-id",
    "volume_ids",
    metavar="ID",
    multiple=True,
    help="Instead of both, given twice: the order is kept.",
)
@click.option("--name", metavar="TEXT", help="At most 255 bytes as UTF-8.")
@click.option("--description", metavar="TEXT", help="At most 255 bytes as UTF-8.")
@click.option(
    "--priority-station",
    metavar="AZ",
    shell_complete=complete.zones,
    help="The primary availability zone.  [default: the production disk's own]",
)
@click.option(
    "--replication-model",
    metavar="MODEL",
    shell_complete=lambda ctx, param, word: [each for each in MODELS if each.startswith(word)],
    help="The only one there is: hypermetro.",
)
@click.option(
    "--check/--no-check",
    default=True,
    help="Look the constraints up before sending.  [default: check]",
)
@click.option("--dry-run", is_flag=True, help="Print the request instead of sending it.")
@click.option(
    "--if-not-exists", is_flag=True, help="A pair of these two disks that is there is success."
)
@click.option("--yes", is_flag=True, help="Wanted where the profile is protected.")
@may_wait
@everywhere
@pass_app
def create(
    app: App,
    /,
    check: bool,
    dry_run: bool,
    if_not_exists: bool,
    yes: bool,
    patience: Patience,
    **words: Any,
) -> None:
    """Pair two disks.

    The DR disk becomes a copy of the production disk, in another availability zone, and is kept
    identical to it. What the DR disk held before is lost.

    Both disks must have the same type and size, be in no other pair, and lie in different zones;
    the server of the DR disk must be stopped. All that is checked before anything is sent.

    If the answer of the cloud is lost on the way, the pair is looked up by its two disks before
    anything else is done: it is never created twice.
    """
    conduct = Conduct(check, dry_run, if_not_exists, patience)
    wish = _read_wish(app, words, conduct)
    if not dry_run:
        app.check_may_change(is_sure=yes)
    found = _look(app, wish, conduct)
    if found.existing is not None and if_not_exists:
        _take_existing(app, found.existing, found.order, conduct)
        return
    if dry_run:
        app.console.show(REQUEST, app.cloud.create_request(found.order))
        return
    _create(app, found.order, patience)


def _read_wish(app: App, words: dict[str, Any], conduct: Conduct) -> Wish:
    """The user's words, with the profile's defaults; raises UsageFault for all faults at once."""
    station, model = words.pop("priority_station"), words.pop("replication_model")
    if station is None and not conduct.checks:
        station = _default(app, "priority_station")
    wish = Wish(
        **words,
        priority_station=station,
        replication_model=_default(app, "replication_model") or MODELS[0]
        if model is None
        else model,
    )
    faults = faults_of(wish)
    if faults:
        message = faults[0] if len(faults) == 1 else f"{len(faults)} things are wrong"
        details = tuple(faults) if len(faults) > 1 else ()
        raise UsageFault(message, hint="see 'evsrep create --help'", faults=details)
    return wish


def _default(app: App, key: str) -> str | None:
    """A profile's default. Without a profile there is none, which is told where one is needed."""
    try:
        return app.profile.text(key) or None
    except EvsrepError:
        return None


def _look(app: App, wish: Wish, conduct: Conduct) -> "Survey":
    """See what there is; raises for everything that is broken at once."""
    from evsrep.jobs.check import raise_if_broken, survey

    found = survey(app.cloud, wish, checks=conduct.checks, seeks_pair=conduct.takes_existing)
    for warning in found.warnings:
        app.console.warn(warning)
    if found.existing is None or not conduct.takes_existing:
        raise_if_broken(found, checks=conduct.checks)
    return found


def _take_existing(app: App, pair: "Pair", order: "PairOrder", conduct: Conduct) -> None:
    from evsrep.jobs.create import check_is_as_asked

    check_is_as_asked(pair, order)
    known = Known(app, order, pair)
    if conduct.is_dry_run:
        known.settle(Patience(waits=False, seconds=0))
        app.console.note(
            f"nothing would be sent: a pair of these disks is there already, {pair.id}"
        )
        app.console.show(REQUEST, app.cloud.create_request(order))
        return
    with known.kept():
        known.settle(conduct.patience)
        app.console.note(f"a pair of these disks is there already: {pair.id}")
        known.show()


def _create(app: App, order: "PairOrder", patience: Patience) -> None:
    from evsrep.jobs.create import check_is_as_asked, place

    cloud = app.cloud
    cloud.prepare()  # whatever goes wrong up to here, nothing was sent
    known = Known(app, order)
    with known.kept():
        console = app.console
        # with json, stderr is for programs too: one error object or nothing
        tell = console.verbose if console.is_json else console.note
        placed = place(cloud, order, clock=app.clock, tell=tell)
        known.pair = placed.pair
        if placed.was_lost:
            found = f"pair {placed.pair.id} was found by its two disks"
            app.console.note(f"the answer to the create had been lost; {found}")
            check_is_as_asked(placed.pair, order)
        known.settle(patience)
        known.show()


class Known:
    """What is known of the pair from when its request may have been sent: it is never lost."""

    def __init__(self, app: App, order: "PairOrder", pair: "Pair | None" = None) -> None:
        self.pair = pair
        self._app = app
        self._order = order
        self._was_shown = False

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Whatever ends the block, print what is known and the command to go on with."""
        try:
            yield
        except KeyboardInterrupt:
            message = "interrupted; the pair is there" if self.pair else _MAY_BE_THERE
            raise self._told(Interrupted(message)) from None
        except EvsrepError as error:
            if self.pair is None and not isinstance(error, OutcomeUnknown):
                raise  # it surely took no effect
            raise self._told(error) from error.__cause__

    def settle(self, patience: Patience) -> None:
        """Wait if that is wanted; raise Failed where the pair is broken."""
        from evsrep.jobs.wait import GOALS, raise_if_hopeless

        assert self.pair is not None  # noqa: S101 -- for the type checker
        if patience.waits:
            goal = GOALS["available"]
            wait_for(self._app, self.pair.id, goal, seconds=patience.seconds, learn=self._learn)
        else:
            raise_if_hopeless(self.pair, GOALS["available"])

    def show(self) -> None:
        """Print the pair, and on stderr the command to go on with while it is under way."""
        console, self._was_shown = self._app.console, True
        try:
            console.show(PAIR, self._fields)
        except OutputFailed as error:
            message = f"stdout can't be written to: {error}"
            raise InternalError(message, resume=self._resume) from None
        except OutputClosed:
            console.resume(self._resume)  # nobody got the ID from stdout
            raise
        if self.pair and self.pair.status == "creating" and not console.is_json:
            console.resume(self._resume)

    def _learn(self, pair: "Pair") -> None:
        self.pair = pair

    def _told(self, error: EvsrepError) -> EvsrepError:
        error.resume = self._resume
        # where stdout takes nothing, the error has the command, and the command has the ID
        with suppress(OutputClosed, OutputFailed, KeyboardInterrupt):
            if not self._was_shown:
                self._app.console.show(PAIR, self._fields)
        return error

    @property
    def _fields(self) -> Mapping[str, Any]:
        from evsrep.cloud.wire import order_fields

        return self.pair.fields if self.pair else order_fields(self._order)

    @property
    def _resume(self) -> str:
        """The command that goes on from here; without an ID, the one that finds out."""
        if self.pair:
            return self._app.command("wait", self.pair.id)
        order = self._order
        # in the API's own words, which hold whichever of the two is production
        words = ["--volume-id", order.disks[0], "--volume-id", order.disks[1]]
        if order.name is not None:
            words += ["--name", order.name]
        if order.description is not None:
            words += ["--description", order.description]
        words += ["--priority-station", order.priority_station, "--if-not-exists"]
        return self._app.command("create", *words)


_MAY_BE_THERE = "interrupted; the create may have taken effect"
