"""A source being added or changed: its form, what it would find, and what becomes of it."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from board import parts
from board.manage.form import Form, form_for, submit
from board.manage.layout import Opened, close, detail, gone, origin_note, saving, show_toml
from board.notices import tell
from board.sources.overview import forget
from board.sources.query_shown import in_sentences
from board.sources.source_fields import fields_of_new, show_fields, source_said
from board.sources.source_preview import show_source_preview
from core.configuration import parse_entry
from core.errors import FormError
from core.types import Role
from storage.brands import all_brands
from storage.database import Session
from storage.rows import id_of
from storage.source_editing import save_source, source_fields
from storage.tables import Brand, Member, Source

LOGGER: Final = logging.getLogger(__name__)
SOURCE: Final = "source"
_RENAMED: Final = " before the next start, which else makes a second source of the old name."


def show_source(
    session: Session, chosen: Opened, sources: Sequence[Source], brands: Sequence[Brand], member: Member
) -> None:
    """Show the form of a source, or of one that is yet to be made."""
    row = next((each for each in sources if each.id == chosen.row_id), None)
    if row is None and not chosen.is_new:
        gone("source")
        return
    form = form_for(chosen.name, source_fields(row) if row else fields_of_new(brands))
    names = {id_of(brand): brand.name for brand in brands}
    with detail(row.name if row else "A new source"):
        if row:
            is_renamed = form.said("name").strip() != row.name
            origin_note("sources", row.name, _RENAMED if is_renamed else "")
        show_fields(form, names, is_admin=member.role.includes(Role.ADMIN), row=row)
        saving(form, chosen, _save)
        said = source_said(form, names)
        _show_preview(session, said, row, brands)
        show_toml("sources", [said])


def _show_preview(session: Session, said: Mapping[str, Any], row: Source | None, brands: Sequence[Brand]) -> None:
    """Show what the fields mean, as far as they can be read; what is wrong with them is said when they are saved."""
    brand = next((each for each in brands if each.name == said["brand"]), None)
    draft = as_source(said, brand)
    if brand is None or draft is None:
        return
    draft.id = row.id if row else None
    show_source_preview(session, draft, brand)


def as_source(said: Mapping[str, Any], brand: Brand | None) -> Source | None:
    """Return what is said as a source that is not stored; None where it cannot be one yet.

    A query that cannot be read is no hindrance: the preview says what is wrong with it.
    """
    try:
        entry = parse_entry("sources", {**said, "name": said["name"] or "new", "query": ""})
    except FormError:
        return None
    settings = entry.model_dump(
        exclude={"name", "brand", "platform", "query", "every", "enabled"}, exclude_defaults=True
    )
    return Source(
        name=said["name"],
        brand_id=(brand.id or 0) if brand else 0,
        platform=entry.platform,
        query=said.get("query", ""),
        settings=settings,
        created_at=parts.installed().clock(),
    )


def _save(form: Form, chosen: Opened) -> None:
    board = parts.installed()
    seen = None if chosen.is_new else dict(form.seen)

    def act(session: Session, member: Member) -> str:
        with in_sentences():
            brands = {id_of(brand): brand.name for brand in all_brands(session)}
            said = source_said(form, brands, strict=True)
            source = save_source(session, chosen.row_id, said, member.role, board.clock(), board.check_source, seen)
        LOGGER.info("%s (member %d) saved the source %s", member.name, id_of(member), source.name)
        return (
            f"{source.name} is saved. It is read as soon as a reader is free."
            if source.enabled
            else f"{source.name} is saved and off."
        )

    words = submit(form, act)
    if words is not None:
        forget()
        close()
        tell(words)
