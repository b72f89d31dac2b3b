"""Disks by the hundred, for what is done with many at once."""

from pathlib import Path

from evsrep.sandbox.models import Disk
from evsrep.sandbox.seed import MAIN, SEEDED_AT, ZONES, seed_disks
from evsrep.sandbox.store import Store


def seed_more(path: Path, disks: int) -> None:
    """Add so many healthy disks to the main project of the sandbox at `path`.

    They are couples to be paired, spread over the zones: `bulk-00001` and `bulk-00001-dr`. Called
    again, it goes on where it left off. Raises SandboxBroken.
    """
    with Store(path).session() as session, session.writing():
        first = session.count(Disk) - len(seed_disks()) - session.count_made(SEEDED_AT)
        session.save(Disk, map(_bulk_disk, range(first, first + disks)))


def _bulk_disk(index: int) -> Disk:
    number, is_dr = index // 2 + 1, index % 2
    return Disk(
        id=f"b0000000-0000-4000-{8 + is_dr}000-{number:012x}",
        project_id=MAIN.id,
        name=f"bulk-{number:05}" + "-dr" * is_dr,
        zone=ZONES[(number + is_dr) % len(ZONES)],
        size_gb=10,
        type="SAS",
        server_id=None,
        is_shared=False,
        trouble="",
        created_at=SEEDED_AT - 1000 - index,
    )
