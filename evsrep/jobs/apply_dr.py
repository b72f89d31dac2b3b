"""The DR disks that rows of a manifest want made: found, planned and made as `create` does it."""

from collections.abc import Collection, Iterator

from evsrep.cloud.client import Cloud
from evsrep.cloud.models import Disk, DiskOrder
from evsrep.errors import EvsrepError
from evsrep.jobs.disk_make import make_disk, wait_for_disk
from evsrep.jobs.dr_disk import DrDisk, check_zone, plan_for, question_of, zones_of
from evsrep.jobs.inventory import Inventory
from evsrep.jobs.manifest import Manifest
from evsrep.jobs.pair_request import PairRequest
from evsrep.jobs.report import Reporter, ask, check_can_ask


class DrDisks:
    """What becomes of the rows with `dr_zone`. Safe to ask from several threads.

    Raises UsageFault once the cloud is closed.
    """

    def __init__(
        self,
        cloud: Cloud,
        inventory: Inventory,
        asked: Collection[frozenset[str]],
        *,
        zones: bool,
        seconds: float,
    ) -> None:
        """`asked` is what runs before asked for; each disk is waited for so many `seconds`.

        With `zones` these are looked up.
        """
        self._cloud = cloud
        self._inventory = inventory
        self._asked = asked
        self._seconds = seconds
        self._zones = zones_of(cloud) if zones else {}
        self._reporter = Reporter(cloud.secrets)  # a row tells for itself

    def plan(self, request: PairRequest) -> DrDisk:
        """Return the DR disk that a row asks for: there already, or to be made.

        Raises what `plan_for` raises, Refused for a zone that there is not, UsageFault for a name
        that several disks have.
        """
        check_zone(request.dr_zone or "", self._zones)
        production = self._inventory.findings(request.production_disk, check=True)
        dr = plan_for(self._cloud, production, request, self._inventory.made)
        if dr.disk is None:
            return dr
        held = self._inventory.findings(dr.disk.id, check=False)
        return dr._replace(dr=held._replace(disk=dr.disk))

    def make(self, dr: DrDisk) -> Disk:
        """Return the disk, made if it is not there; raises what `make_disk` raises."""
        return dr.disk or make_disk(self._cloud, dr, self._reporter, self._asked)

    def wait_for(self, disk: Disk) -> Disk:
        """Return the disk once it can be paired; raises what `wait_for_disk` raises."""
        return wait_for_disk(self._cloud, disk, self._seconds, self._reporter, ())

    def orders(self, manifest: Manifest) -> Iterator[DiskOrder]:
        """Yield the disks that a manifest wants made, as far as that can be told beforehand.

        Raises UsageFault once the cloud is closed.
        """
        for _, request in manifest:
            if request.dr_zone is None:
                continue
            try:
                order = self.plan(request).order
            except EvsrepError:
                continue  # its row tells
            if order is not None:
                yield order


def check_may_make(manifest: Manifest, reporter: Reporter, *, yes: bool) -> None:
    """Raise UsageFault where disks are to be made, and nobody is there to be asked."""
    if manifest.makes_disks:
        check_can_ask(reporter, yes=yes)


def ask_before_making(disks: DrDisks, manifest: Manifest, reporter: Reporter, *, yes: bool) -> None:
    """Ask whether the disks are to be made; raises Interrupted where the answer is no."""
    if yes or not reporter.wants_yes or not manifest.makes_disks:
        return
    orders = list(disks.orders(manifest))
    if orders:
        ask(reporter, *question_of(orders), yes=yes)
