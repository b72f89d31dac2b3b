"""`--version`: alone the version; with `-v` what a bug report wants to know."""

from collections.abc import Iterator, Mapping
from typing import Any

import click

from evsrep._version import __version__
from evsrep.cli.app import App

_LIBRARIES = ("click", "httpx", "httpcore", "rich", "tomli-w", "PyYAML")


class VersionOption(click.Option):
    """An option that ends the run; it sees the others that were given, before and after it."""

    def handle_parse_result(
        self, ctx: click.Context, opts: Mapping[str, Any], args: list[str]
    ) -> tuple[Any, list[str]]:
        """Print the version where it is asked for."""
        if opts.get(self.name or "") and not ctx.resilient_parsing:
            app = ctx.ensure_object(App)
            is_verbose = bool(opts.get("verbose") or app.given("verbose"))
            app.environment.out.writelines(f"{line}\n" for line in _lines(is_verbose))
            ctx.exit()
        return super().handle_parse_result(ctx, opts, args)


def _lines(is_verbose: bool) -> Iterator[str]:
    yield f"evsrep {__version__}"
    if not is_verbose:
        return
    import platform
    import ssl
    from importlib.metadata import PackageNotFoundError, version

    yield f"{platform.python_implementation()} {platform.python_version()}"
    yield f"{platform.system()} {platform.release()} {platform.machine()}"
    for library in _LIBRARIES:
        try:
            yield f"{library} {version(library)}"
        except PackageNotFoundError:  # as PyYAML, which is an extra
            yield f"{library} is not installed"
    yield ssl.OPENSSL_VERSION
