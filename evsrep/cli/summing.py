"""The line below a list: what it comes to, or where and for what nothing was found."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from evsrep.cli.app import App
from evsrep.errors import EvsrepError

if TYPE_CHECKING:
    from evsrep.output.shapes import Thing

Summary = Callable[[Sequence["Thing"]], str]

_LISTERS = {"pair": ("list",), "group": ("group", "list"), "disk": ("disks",)}


def summary_of(
    app: App,
    noun: str,
    *,
    kind: "Callable[[Thing], str]",
    hint: str,
    conditions: Mapping[str, Any] | None = None,
) -> Summary:
    """Return what sums a list up; `hint` is what helps where there is nothing at all.

    `conditions` are the options that narrow the list down, as they were given.
    """

    def sum_up(things: "Sequence[Thing]") -> str:
        if not things:
            return _nothing(app, noun, conditions or {}, hint)
        counts = Counter(map(kind, things)).most_common()
        total = f"{len(things)} {noun}{'' if len(things) == 1 else 's'}"
        return f"{total}: {', '.join(f'{count} {word}' for word, count in counts)}"

    return sum_up


def _nothing(app: App, noun: str, conditions: Mapping[str, Any], hint: str) -> str:
    import shlex

    given = [
        f"--{name.replace('_', '-')}" + ("" if value is True else f" {shlex.quote(str(value))}")
        for name, value in conditions.items()
        if value not in (None, False)
    ]
    if given:
        command = app.command(*_LISTERS[noun])
        hint = f"all of them: {command}"
        return f"no {noun} with {' '.join(given)} in {_where(app)}; {hint}"
    return f"no {noun}s in {_where(app)}; {hint}"


def _where(app: App) -> str:
    """Return the project as a person knows it, and the profile."""
    profile = app.profile
    try:
        project = profile.project_name or app.cloud.session().project or app.cloud.project_id
    except EvsrepError:
        project = profile.text("project_id")
    return f"project {project} (profile {profile.name})"
