"""`config apply` and `config show`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from commands.parts import opened, print_json, say
from commands.setting_up import apply_file
from storage.alerting.starter import add_usual_rules, starters_to_come
from storage.brands import brand_named, described

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
    with opened() as parts, parts.database.read() as session:
        for brand, starters in starters_to_come(session):
            to_come = ", ".join(each.name for each in starters)
            say(f"{brand.name} gets the usual alert rules that it lacks when Afterclick runs: {to_come or 'none'}")


@app.command()
def usual_rules(brand: Annotated[str, typer.Argument(help="Name of the brand.")]) -> None:
    """Give BRAND the usual alert rules of the kinds that it has no rule of."""
    with opened() as parts, parts.database.write() as session:
        made = [rule.name for rule in add_usual_rules(session, brand_named(session, brand), parts.now())]
    for name in made:
        say(f"added: rule {name}")
    if not made:
        say(f"Nothing to add: {brand} has a rule of each kind.")


@app.command()
def show() -> None:
    """Print the present configuration as JSON."""
    with opened() as parts, parts.database.read() as session:
        configuration: dict[str, Any] = described(session)
    print_json(configuration)
