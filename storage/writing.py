"""Writing what was done to many cases by a few statements, where the session itself would take some for each case."""

from typing import Any, Final

from sqlalchemy import Table, bindparam, insert, inspect, update
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, SQLModel

from storage.rows import id_of
from storage.tables import Case, CaseEvent, Label, Notice
from storage.tables.cases import set_bits

_ADDED: Final[tuple[type[SQLModel], ...]] = (
    Label,
    CaseEvent,
    Notice,
)  # of which nobody asks for the key that it was given


def write(session: Session) -> None:
    """Write the cases that were changed, what was said of them, their history and what is to be told, then all else.

    The session would write together those cases that were changed in the same columns, which are few, and on SQLite
    each row that is added by itself, as it wants to know its key. What was added is in it no more then.
    """
    _write_cases(session)
    for kind in _ADDED:
        _write_added(session, kind)
    session.flush()


def _write_cases(session: Session) -> None:
    cases = sorted((row for row in session.dirty if isinstance(row, Case)), key=id_of)
    for case in cases:
        set_bits(case)
    names = {
        name for case in cases for name, was in inspect(case).committed_state.items() if getattr(case, name) != was
    }
    if not names:
        return
    table = _table(Case)
    change = update(table).where(table.c.id == bindparam("key")).values({name: bindparam(name) for name in names})
    rows = [{"key": case.id} | {name: getattr(case, name) for name in names} for case in cases]
    session.connection().execute(change, rows)
    for case in cases:
        for name in names:
            set_committed_value(case, name, getattr(case, name))


def _write_added(session: Session, kind: type[SQLModel]) -> None:
    added = [row for row in session.new if isinstance(row, kind)]
    if not added:
        return
    table = _table(kind)
    names = [column.name for column in table.columns if column.name != "id"]
    for row in added:
        session.expunge(row)
    session.connection().execute(insert(table), [{name: getattr(row, name) for name in names} for row in added])


def _table(kind: type[SQLModel]) -> Table:
    table: Any = kind.__table__  # type: ignore[attr-defined]
    return table  # type: ignore[no-any-return]
