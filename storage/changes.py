"""What applying a configuration changes, row by row."""

from dataclasses import dataclass, field

from sqlmodel import Session


@dataclass(slots=True)
class Changes:
    """What applying a configuration did, by name; `doubts` are sentences about rules that fit nothing so far."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    switched_off: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.switched_off)

    def note(self, title: str, *, is_new: bool) -> None:
        """Note that a row was added or changed; once for each title."""
        if title not in self.added and title not in self.changed:
            (self.added if is_new else self.changed).append(title)


def set_values(session: Session, row: object, title: str, changes: Changes, **values: object) -> bool:
    """Give the row these values, note it under its title, and tell whether it is new or changed."""
    is_new = getattr(row, "id", None) is None
    differs = [name for name, value in values.items() if getattr(row, name) != value]
    for name in differs:
        setattr(row, name, values[name])
    if is_new or differs:
        changes.note(title, is_new=is_new)
    session.add(row)
    return is_new or bool(differs)
