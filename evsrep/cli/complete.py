"""What Tab offers where a pair, a zone or a status is wanted: from memory, never from the cloud."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar

import click

from evsrep.cli.app import App
from evsrep.errors import EvsrepError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from evsrep.cloud.models import Group, Pair
    from evsrep.settings.names import NameCache, Names

Thing = TypeVar("Thing")
_ID_BEGUN = re.compile("[0-9a-fA-F]{8}")

Completer = Callable[[click.Context, click.Parameter, str], "list[CompletionItem]"]


def pairs(ctx: click.Context, param: click.Parameter, word: str) -> "list[CompletionItem]":
    """Offer names and IDs of the last listing, but for those that were typed already."""
    typed = ctx.params.get(param.name or "") or ()
    return _named(word, _names(ctx).pairs, typed)


def groups(ctx: click.Context, _: click.Parameter, word: str) -> "list[CompletionItem]":
    """Offer names and IDs of the groups of the last listing."""
    return _named(word, _names(ctx).groups, ())


def pair_names(ctx: click.Context, _: click.Parameter, word: str) -> "list[CompletionItem]":
    """Offer names alone."""
    return _starting(word, dict.fromkeys(_names(ctx).pairs.values()))


def disks(ctx: click.Context, _: click.Parameter, word: str) -> "list[CompletionItem]":
    """Offer the names of the disks of the last listing."""
    return _starting(word, dict.fromkeys(_names(ctx).disks.values()))


def zones(ctx: click.Context, _: click.Parameter, word: str) -> "list[CompletionItem]":
    """Offer the availability zones of the last listing."""
    return _starting(word, _names(ctx).zones)


def words(known: Callable[[], Iterable[str]]) -> Completer:
    """Return a completer of words that are always the same."""
    return lambda _ctx, _param, word: _starting(word, known())


def files(_ctx: click.Context, _param: click.Parameter, word: str) -> "list[CompletionItem]":
    """Offer files, as the shell finds them."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(word, type="file")]


def remembered(
    app: App,
    things: Iterator[Thing],
    kind: str,
    marks: Callable[[Thing], tuple[str, str, str]],
    *,
    is_whole: bool,
) -> Iterator[Thing]:
    """Pass `pairs`, `groups` or `disks` on, and keep what `marks` has: ID, name and zone of each.

    Those of a part are added to the kept.
    """
    from evsrep.settings.names import MOST_PAIRS

    names: dict[str, str] = {}
    zones: dict[str, None] = {}
    for thing in things:
        if len(names) < MOST_PAIRS:
            thing_id, name, zone = marks(thing)
            names[thing_id] = name
            zones[zone] = None
        yield thing
    cache = _cache(app)
    if cache is not None:
        before: Names = cache.read()
        known = names if is_whole else {**names, **getattr(before, kind), **names}
        merged = filter(None, dict.fromkeys((*zones, *before.zones)))
        cache.write(before._replace(zones=tuple(merged), **{kind: known}))


def marks_of(thing: "Pair | Group") -> tuple[str, str, str]:
    """Return the ID, name and zone of a pair or group."""
    return thing.id, thing.name, thing.priority_station


def _names(ctx: click.Context) -> "Names":
    from evsrep.settings.names import Names

    app = ctx.find_object(App)
    cache = _cache(app) if app else None
    return cache.read() if cache else Names({}, ())


def _cache(app: App) -> "NameCache | None":
    """Return the names kept for this run's profile; None where none can be kept."""
    from evsrep.settings.names import NameCache
    from evsrep.settings.paths import cache_folder

    try:
        return NameCache(
            cache_folder(app.environment.environ), f"{app.settings.config_path} {app.profile.name}"
        )
    except EvsrepError:
        return None


def _named(word: str, known: Mapping[str, str], typed: Collection[str]) -> "list[CompletionItem]":
    """Offer each by its name, or by its ID where the name does not mean it, or an ID is typed."""
    from click.shell_completion import CompletionItem

    bearers = Counter(known.values())
    wants_ids = _ID_BEGUN.match(word) is not None
    found = []
    for known_id, name in known.items():
        is_clear = bearers[name] == 1 and name.isprintable() and name[:1] not in ("-", "~")
        by_name = name and is_clear and not wants_ids and not _ID_BEGUN.match(name)
        offered, about = (name, known_id) if by_name else (known_id, name or None)
        if offered.startswith(word) and not {known_id, name}.intersection(typed):
            found.append(CompletionItem(offered, help=about))
    return found


def _starting(word: str, known: Iterable[str]) -> "list[CompletionItem]":
    from click.shell_completion import CompletionItem

    return [CompletionItem(each) for each in known if each and each.startswith(word)]
