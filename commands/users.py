"""`users add`, `passwd`, `revoke` and `list`."""

from typing import Annotated

import typer
from rich.table import Table

from commands.parts import JsonFlag, opened, out, print_json, say
from core.errors import InputError
from core.types import Role
from storage.database import Session
from storage.members import (
    all_members,
    create_member,
    disable_member,
    enable_member,
    member_by_email,
    one_time_password,
    set_password,
)
from storage.rows import id_of
from storage.tables import Member

app = typer.Typer(no_args_is_help=True, help="Who may sign in.")
Email = Annotated[str, typer.Argument(help="The member's e-mail address.")]


@app.command()
def add(
    email: Email,
    name: Annotated[str, typer.Option(help="The name that colleagues see; the address's first part by default.")] = "",
    role: Annotated[Role, typer.Option(help="What the member may do.")] = Role.RESPONDER,
) -> None:
    """Add a member and print a one-time password."""
    password = one_time_password()
    with opened() as parts, parts.database.write() as session:
        create_member(session, email, name or email.split("@")[0], role, password, parts.now(), one_time=True)
    say(f"{email} may sign in as {role.value} with the one-time password {password}")


@app.command()
def passwd(email: Email) -> None:
    """Give a member a new one-time password; open sessions end. A member who was revoked may sign in again."""
    password = one_time_password()
    with opened() as parts, parts.database.write() as session:
        member = _member(session, email)
        enable_member(session, id_of(member))
        set_password(session, id_of(member), password, parts.now(), one_time=True)
    say(f"{member.email} may sign in with the one-time password {password}")


@app.command()
def revoke(email: Email) -> None:
    """Close a member's account and end its sessions; what the member did stays."""
    with opened() as parts, parts.database.write() as session:
        member = _member(session, email)
        disable_member(session, id_of(member), parts.now())
    say(f"{member.email} may not sign in any more.")


@app.command(name="list")
def list_(json_output: JsonFlag = False) -> None:
    """List the members."""
    with opened() as parts, parts.database.read() as session:
        members = all_members(session)
    if json_output:
        print_json(
            [
                {"email": m.email, "name": m.name, "role": m.role.value, "disabled": m.disabled_at is not None}
                for m in members
            ]
        )
        return
    table = Table("E-mail", "Name", "Role", "")
    for member in members:
        table.add_row(member.email, member.name, member.role.value, "revoked" if member.disabled_at else "")
    out.print(table)


def _member(session: Session, email: str) -> Member:
    member = member_by_email(session, email)
    if member is None:
        raise InputError(f"There is no member {email}. `afterclick users list` shows all.")
    return member
