"""The `afterclick` command line. Exit codes: 0 all well, 1 something failed, 2 wrong use."""

import sys

import typer

from commands import config, model, posts, running, state, users
from commands.parts import err
from core.errors import AfterclickError

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Afterclick finds public complaints about deliveries and service and puts them before someone who answers.",
)
app.command()(running.run)
app.command()(running.work)
app.command()(running.board)
app.command()(posts.collect)
app.command(name="import")(posts.import_)
app.command()(posts.classify)
app.command()(model.train)
app.command()(model.evaluate)
app.command()(state.stats)
app.command()(state.check)
app.add_typer(config.app, name="config")
app.add_typer(users.app, name="users")


def main() -> None:
    """Run the command line; our own errors become their sentence and exit code 1."""
    try:
        app()
    except AfterclickError as error:
        err.print(f"afterclick: {error}", style="red", markup=False)
        sys.exit(1)


if __name__ == "__main__":
    main()
