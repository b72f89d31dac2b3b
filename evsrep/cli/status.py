"""What is said of a status that nobody has heard of: the cloud may know it, or it is mistyped."""

from collections.abc import Collection

from evsrep.cli.app import App


def warn_if_unknown(app: App, status: str | None, known: Collection[str]) -> None:
    """Say of an unknown status which one is nearest; it is sent as it is."""
    if not status or status in known:
        return
    from evsrep.settings.spelling import nearest

    near = nearest(status, known)
    meant = f"did you mean '{near}'?" if near else f"there are: {', '.join(known)}"
    app.console.warn(f"'{status}' is no status that evsrep knows; {meant}")
