"""The `afterclick` command line. Exit codes: 0 all well, 1 something failed, 2 wrong use, 130 ended by Ctrl-C."""

import sys


def main() -> None:
    """Run the command line; our own errors become their sentence and exit code 1."""
    try:
        _run()
    except KeyboardInterrupt:
        sys.exit(130)


def _run() -> None:
    # Imported here, so that Ctrl-C during the second that it takes shows no traceback.
    from commands.app import app
    from commands.parts import err
    from core.errors import AfterclickError

    try:
        app()
    except AfterclickError as error:
        err.print(f"afterclick: {error}", style="red", markup=False)
        sys.exit(1)


if __name__ == "__main__":
    main()
