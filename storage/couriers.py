"""Couriers and suppliers as managers keep them: names, aliases, and whom to write to."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from core.entities.carriers import CARRIERS
from core.entities.couriers import Couriers
from core.entities.names import key_of
from core.entities.names import words as words_in
from core.errors import FormError, InputError
from core.text import storable
from storage.casework import words_of
from storage.editing import LONGEST_NAME, check_unchanged, clean_name
from storage.members import clean_email
from storage.tables import Case, Courier, PostRow, RoutingRule, Supplier

MOST_ALIASES: Final = 50
LOOKED_BACK: Final = timedelta(days=30)
MOST_POSTS: Final = 4000
READ_AT_ONCE: Final = 500
Kept = TypeVar("Kept", Courier, Supplier)


@dataclass(frozen=True, slots=True)
class CourierDraft:
    """What a form says of a courier."""

    name: str
    aliases: Sequence[str] = ()
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """How often people named a courier lately: in how many cases, and by which words in how many of these.

    `posts` were looked at; `is_cut` where there were more than could be.
    """

    cases: int
    by_words: Sequence[tuple[str, int]]
    posts: int
    is_cut: bool


def all_couriers(session: Session) -> Sequence[Courier]:
    """Return every courier by name."""
    return session.exec(select(Courier).order_by(func.lower(Courier.name))).all()


def all_suppliers(session: Session) -> Sequence[Supplier]:
    """Return every supplier by name."""
    return session.exec(select(Supplier).order_by(func.lower(Supplier.name))).all()


def cases_by_courier(session: Session, since: datetime) -> dict[str, int]:
    """Return how many cases that were opened since then name each courier."""
    counted = select(Case.courier, func.count()).where(Case.courier != "", Case.opened_at >= since)
    return {name: int(count) for name, count in session.exec(counted.group_by(Case.courier))}


def save_courier(
    session: Session, courier_id: int | None, draft: CourierDraft, seen: dict[str, object] | None = None
) -> Courier:
    """Keep a courier. Under a new name its cases and rules go with it.

    Raises FormError for what cannot stand, ChangedError where the row says something else than `seen`.
    """
    row = _row(session, Courier, courier_id)
    _check_seen(row, seen)
    cleaned = _checked_courier(session, row, draft)
    if row.id is not None and row.name != cleaned.name:
        for table in (Case, RoutingRule):
            session.execute(update(table).where(col(table.courier) == row.name).values(courier=cleaned.name))
    row.name, row.aliases, row.contact = cleaned.name, list(cleaned.aliases), cleaned.contact
    session.add(row)
    session.flush()
    return row


def save_supplier(
    session: Session, supplier_id: int | None, name: str, contact: str, seen: dict[str, object] | None = None
) -> Supplier:
    """Keep a supplier; raises FormError for what cannot stand, ChangedError where the row does not say `seen`."""
    row = _row(session, Supplier, supplier_id)
    _check_seen(row, seen)
    errors: dict[str, str] = {}
    cleaned = _checked_name(name, errors)
    others = [other.name for other in all_suppliers(session) if other.id != row.id]
    taken = next((other for other in others if other.casefold() == cleaned.casefold()), None)
    if taken is not None:
        errors.setdefault("name", f"There is a supplier {taken} already: open that one, or choose another name.")
    address = _checked_contact(contact, errors)
    if errors:
        raise FormError(errors)
    row.name, row.contact = cleaned, address
    session.add(row)
    session.flush()
    return row


def delete_courier(session: Session, courier_id: int) -> str:
    """Forget a courier and return its name. Raises InputError where a rule of routing asks for it."""
    row = _row(session, Courier, courier_id)
    rules = session.exec(select(RoutingRule.name).where(RoutingRule.courier == row.name)).all()
    if rules:
        raise InputError(f"The rule {rules[0]} sends cases of {row.name}: change or delete that rule first.")
    name = row.name
    session.delete(row)
    session.flush()
    return name


def delete_supplier(session: Session, supplier_id: int) -> str:
    """Forget a supplier and return its name; what was handed over to it stays with its cases."""
    row = _row(session, Supplier, supplier_id)
    name = row.name
    session.delete(row)
    session.flush()
    return name


def named_lately(session: Session, draft: CourierDraft, now: datetime, *, within_s: float | None = None) -> Named:
    """Return which of the newest posts of cases would name a courier with these names, and by which words."""
    finder, until = _finder(session, draft), None if within_s is None else time.monotonic() + within_s
    cases: set[int] = set()
    by_words: Counter[str] = Counter()
    counted: set[tuple[int, str]] = set()
    looked_at = 0
    query = (
        select(PostRow)
        .where(
            col(PostRow.case_id).is_not(None),
            PostRow.posted_at >= now - LOOKED_BACK,
            col(PostRow.is_own).is_(False),
            col(PostRow.deleted_at).is_(None),
        )
        .order_by(col(PostRow.posted_at).desc())
        .limit(MOST_POSTS + 1)
        .execution_options(yield_per=READ_AT_ONCE)
    )
    for post in session.exec(query):
        if looked_at == MOST_POSTS or (until is not None and time.monotonic() > until):
            return Named(len(cases), by_words.most_common(), looked_at, is_cut=True)
        looked_at += 1
        text = words_of(post)
        for found in finder.find(text, words_in(text)):
            if found.value == draft.name and post.case_id is not None:
                cases.add(post.case_id)
                words = found.text.lower()
                if (post.case_id, words) not in counted:
                    counted.add((post.case_id, words))
                    by_words[words] += 1
    return Named(len(cases), by_words.most_common(), looked_at, is_cut=False)


def _finder(session: Session, draft: CourierDraft) -> Couriers:
    own = {key_of(name) for name in (draft.name, *draft.aliases)}
    others = [(each.name, tuple(each.aliases)) for each in all_couriers(session) if key_of(each.name) not in own]
    return Couriers((*others, (draft.name, tuple(draft.aliases))))


def known_aliases(name: str) -> tuple[str, ...]:
    """Return what else Afterclick itself knows a carrier by, nothing for one that it does not know."""
    for carrier in CARRIERS:
        names = (carrier.name, *carrier.aliases)
        if key_of(name) in map(key_of, names):
            return tuple(other for other in names if key_of(other) != key_of(name))
    return ()


def _checked_courier(session: Session, row: Courier, draft: CourierDraft) -> CourierDraft:
    errors: dict[str, str] = {}
    name = _checked_name(draft.name, errors)
    aliases = list(dict.fromkeys(" ".join(storable(alias).split()) for alias in draft.aliases))
    aliases = [alias for alias in aliases if alias and key_of(alias) != key_of(name)]
    taken = {
        key_of(alias): other.name
        for other in all_couriers(session)
        if other.id != row.id
        for alias in (other.name, *other.aliases)
    }
    if name and not key_of(name):
        errors.setdefault("name", f"{name!r} has no letter or digit: nobody could be found by it.")
    elif key_of(name) in taken and "name" not in errors:
        errors["name"] = f"{name} is already a name of {taken[key_of(name)]}: open that courier, or choose another."
    problem = _problem_with(aliases, taken)
    if problem:
        errors["aliases"] = problem
    contact = _checked_contact(draft.contact, errors)
    if errors:
        raise FormError(errors)
    return CourierDraft(name, aliases, contact)


def _problem_with(aliases: Sequence[str], taken: dict[str, str]) -> str:
    if len(aliases) > MOST_ALIASES:
        return f"{len(aliases)} other names are too many: {MOST_ALIASES} are the most."
    for alias in aliases:
        if len(alias) > LONGEST_NAME:
            return f"{alias[:40]}… is too long: {LONGEST_NAME} characters are the most."
        if not key_of(alias):
            return f"{alias!r} has no letter or digit: nobody could be found by it. Take it out."
        if key_of(alias) in taken:
            owner = taken[key_of(alias)]
            return f"{alias} already belongs to {owner}: take it out here, or there first. One name means one courier."
    return ""


def _checked_name(name: str, errors: dict[str, str]) -> str:
    try:
        return clean_name(name)
    except InputError as error:
        errors["name"] = str(error)
        return ""


def _checked_contact(contact: str, errors: dict[str, str]) -> str:
    if not contact.strip():
        return ""
    try:
        return clean_email(contact)
    except InputError as error:
        errors["contact"] = str(error)
        return ""


def _row(session: Session, table: type[Kept], row_id: int | None) -> Kept:
    if row_id is None:
        return table(name="")
    row = session.get(table, row_id)
    if row is None:
        raise InputError("It was deleted meanwhile, and nothing was saved. Go back to the list.")
    return row


def _check_seen(row: Courier | Supplier, seen: dict[str, object] | None) -> None:
    if seen and row.id is not None:
        check_unchanged(row.name, row.model_dump(include=set(seen)), seen)
