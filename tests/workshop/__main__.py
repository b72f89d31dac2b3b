"""`python -m tests.workshop [--check]`: write what is made from the code, or say what is stale."""

import tomllib
from pathlib import Path

import click

from tests.workshop.files import read_if_there, stale


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; name what is not current, and exit 1.")
@click.pass_context
def main(ctx: click.Context, check: bool) -> None:
    """Write what is made from the code into the repository of the current folder."""
    root = _repository()
    files = stale(root)
    for path, text in files.items():
        if check:
            click.echo(f"{path} is not current; 'python -m tests.workshop' writes it", err=True)
        else:
            _write(root / path, text)
    if check and files:
        ctx.exit(1)


def _repository() -> Path:
    text = read_if_there(Path("pyproject.toml"))
    try:
        project = tomllib.loads(text or "").get("project", {})
    except tomllib.TOMLDecodeError as error:
        raise click.ClickException(f"pyproject.toml can't be read: {error}") from error
    if project.get("name") != "evsrep":
        raise click.ClickException("this is not evsrep's repository: go to its folder first")
    return Path()


def _write(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
