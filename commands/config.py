"""`config apply` and `config show`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from commands.parts import opened, print_json, say
from commands.setting_up import apply_file
from storage.brands import described

app = typer.Typer(no_args_is_help=True, help="Brands, sources, couriers, templates and members from a file.")


@app.command()
def apply(file: Annotated[Path, typer.Argument(help="A TOML file; docs/configuration.md shows one.")]) -> None:
    """Make Afterclick's configuration what FILE says; all of it or, where something is wrong, nothing."""
    with opened() as parts:
        changes = apply_file(parts, file)
    for title, names in (
        ("added", changes.added),
        ("changed", changes.changed),
        ("switched off (not in the file)", changes.switched_off),
        ("fits nothing yet", changes.doubts),
    ):
        for name in names:
            say(f"{title}: {name}")
    if not changes:
        say("Nothing to change.")


@app.command()
def show() -> None:
    """Print the present configuration as JSON."""
    with opened() as parts, parts.database.read() as session:
        configuration: dict[str, Any] = described(session)
    print_json(configuration)
