"""Making the pairs of a file exist, many at once. The cloud is the journal.

What is there is seen by one listing, so that the same file applied again finishes what an
interrupted run began. Each pair that is not there is created as `create` does it: never twice.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from evsrep.cloud.client import Cloud
from evsrep.cloud.models import Defaults
from evsrep.errors import UsageFault
from evsrep.jobs.apply_dr import check_may_make
from evsrep.jobs.apply_rows import Tally, not_run
from evsrep.jobs.apply_run import ApplyRun
from evsrep.jobs.inventory import take_inventory
from evsrep.jobs.manifest import Manifest, format_of, read_manifest
from evsrep.jobs.options import JOBS, ManyOptions, timeout_words
from evsrep.jobs.report import Reporter, Words
from evsrep.jobs.verb import verb


@dataclass(frozen=True)
class ApplyOptions(ManyOptions):
    """What `evsrep apply` takes; `file` is a path, or an open binary file such as a pipe."""

    file: str | Path | BinaryIO
    format: str | None = None
    check: bool = True
    dry_run: bool = False


@verb(ApplyOptions)
def apply_pairs(cloud: Cloud, options: ApplyOptions, reporter: Reporter) -> Tally:
    """Make the pairs of a file exist; return how many ended how. The reporter gets a row for each.

    Raises UsageFault for all that is wrong with the file, nothing sent; Refused where the profile
    forbids changes; Partial where pairs are not as asked, WaitTimeout, Interrupted.
    """
    options.validate()
    for warning in options.warnings:
        reporter.warn(warning)
    with closing(_read(options, cloud.defaults)) as manifest:
        if not options.dry_run:
            cloud = cloud.for_change(yes=options.yes)
            check_may_make(manifest, reporter, yes=options.yes)
        if not manifest.count:
            reporter.note("there is no pair in the file: nothing to do")
            return Tally(options.dry_run)
        tally = _apply(cloud, manifest, options, reporter)
    failure = tally.failure()
    if failure is None or tally.is_unfinished:
        reporter.resume_with(_same_again(options))
    if failure is None:
        reporter.sum_up(tally.summary)
        return tally
    reporter.step(tally.summary)
    raise failure


def _read(options: ApplyOptions, defaults: Defaults) -> Manifest:
    """Return the file, found to be right; the profile has the defaults that it has for `create`."""
    if options.check:  # then a zone is the production disk's own
        defaults = defaults._replace(priority_station="")
    is_path = isinstance(options.file, str | Path)
    format_ = format_of(str(options.file) if is_path else "standard input", options.format)
    with _opened(options.file) as source:
        return read_manifest(source, format_, defaults)


@contextmanager
def _opened(file: str | Path | BinaryIO) -> Iterator[BinaryIO]:
    if not isinstance(file, str | Path):
        yield file
        return
    try:
        with Path(file).open("rb") as source:
            yield source
    except (OSError, ValueError) as error:  # a path with a NUL in it is a ValueError
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageFault(f"the file {file} can't be read: {reason}") from error


def _apply(cloud: Cloud, manifest: Manifest, options: ApplyOptions, reporter: Reporter) -> Tally:
    tally = Tally(options.dry_run)
    try:
        inventory = take_inventory(cloud, manifest, check=options.check)
    except KeyboardInterrupt:
        tally.is_interrupted = True
        for row in manifest:
            reporter.row(tally.add(not_run(row)))
        return tally
    for warning in inventory.warnings:
        reporter.warn(warning)
    with closing(inventory):
        return _run(ApplyRun(cloud, manifest, inventory, options, reporter), manifest, tally)


def _run(run: ApplyRun, manifest: Manifest, tally: Tally) -> Tally:
    reporter = run.reporter
    run.ask(manifest)
    with (
        reporter.bar(manifest.count) as update,
        reporter.on_interrupt(run.interrupt),
    ):
        for number, result in enumerate(run.rows(lambda state: update(None, state)), start=1):
            update(number, "")
            reporter.row(tally.add(result))
            if not reporter.has_reader:  # the rows to come have only a count
                run.stop()
    for warning in run.warnings:
        reporter.warn(warning)
    tally.is_interrupted = run.is_interrupted
    return tally


def _same_again(options: ApplyOptions) -> Words:
    """Return what finishes, or tells once more, what was begun; nothing of what is read once."""
    if options.dry_run or not isinstance(options.file, str | Path):
        return ()
    file = str(options.file)
    words = ["apply", f"./{file}" if file.startswith("-") else file]
    if options.format:
        words += ["--format", options.format]
    if options.jobs != JOBS:
        words += ["--jobs", str(options.jobs)]
    words += [] if options.check else ["--no-check"]
    words += ["--yes"] if options.yes else []
    return (*words, *(("--wait", *timeout_words(options.wait_timeout)) if options.wait else ()))
