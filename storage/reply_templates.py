"""The texts that replies begin with, as managers keep them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func
from sqlmodel import Session, col, or_, select

from core.errors import FormError, InputError
from core.reply_templates import problems
from core.text import storable
from storage.editing import check_unchanged, clean_name
from storage.rows import id_of
from storage.tables import Brand, ReplyTemplate

LONGEST_TEXT: Final = 5000
GONE: Final = "It was deleted meanwhile, and nothing was saved. Go back to the list."


@dataclass(frozen=True, slots=True)
class TemplateDraft:
    """What a form says of a template; without a brand it serves all."""

    name: str
    text: str
    brand_id: int | None = None


def templates_for(session: Session, brand_id: int) -> Sequence[ReplyTemplate]:
    """Return the templates that a reply for the brand may begin with, its own ones first, each by name."""
    of_brand = or_(col(ReplyTemplate.brand_id) == brand_id, col(ReplyTemplate.brand_id).is_(None))
    query = select(ReplyTemplate).where(of_brand)
    query = query.order_by(col(ReplyTemplate.brand_id).is_(None), func.lower(ReplyTemplate.name))
    return session.exec(query).all()


def all_templates(session: Session) -> Sequence[ReplyTemplate]:
    """Return every template by name."""
    return session.exec(select(ReplyTemplate).order_by(func.lower(ReplyTemplate.name))).all()


def brand_names(session: Session) -> dict[int, str]:
    """Return what each brand is called by its key, by name."""
    return {id_of(brand): brand.name for brand in session.exec(select(Brand).order_by(func.lower(Brand.name)))}


def save_template(
    session: Session,
    template_id: int | None,
    draft: TemplateDraft,
    now: datetime,
    seen: Mapping[str, object] | None = None,
) -> ReplyTemplate:
    """Keep a template.

    Raises FormError for what cannot stand (an unknown variable is refused), ChangedError where the row says something
    else than `seen`.
    """
    row = ReplyTemplate(name="", created_at=now) if template_id is None else session.get(ReplyTemplate, template_id)
    if row is None:
        raise InputError(GONE)
    if seen and row.id is not None:
        check_unchanged(row.name, row.model_dump(include=set(seen)), seen)
    cleaned = _checked(session, row, draft)
    row.name, row.text, row.brand_id = cleaned.name, cleaned.text, cleaned.brand_id
    session.add(row)
    session.flush()
    return row


def delete_template(session: Session, template_id: int) -> str:
    """Forget a template and return its name; replies that began with it stay."""
    row = session.get(ReplyTemplate, template_id)
    if row is None:
        raise InputError(GONE)
    name = row.name
    session.delete(row)
    session.flush()
    return name


def _checked(session: Session, row: ReplyTemplate, draft: TemplateDraft) -> TemplateDraft:
    errors: dict[str, str] = {}
    name, text = "", storable(draft.text).strip()
    try:
        name = clean_name(draft.name)
    except InputError as error:
        errors["name"] = str(error)
    same = select(ReplyTemplate.id).where(func.lower(ReplyTemplate.name) == name.lower(), ReplyTemplate.id != row.id)
    if name and session.exec(same).first() is not None:
        errors["name"] = f"There is a template {name} already: open that one, or choose another name."
    wrong = problems(text)
    if len(text) > LONGEST_TEXT:
        wrong = [f"{len(text):,} characters are too many for a reply: {LONGEST_TEXT:,} are the most."]
    if wrong:
        errors["text"] = " ".join(wrong)
    if draft.brand_id is not None and session.get(Brand, draft.brand_id) is None:
        errors["brand_id"] = "There is no such brand any more: choose another, or all brands."
    if errors:
        raise FormError(errors)
    return TemplateDraft(name, text, draft.brand_id)
