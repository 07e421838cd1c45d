"""Brands, sources and couriers: taking over a configuration, and finding them again."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlmodel import Session, col, select

from core.configuration import BrandEntry, Configuration, SourceEntry
from core.errors import InputError
from core.thresholds import Threshold, parse_threshold
from storage.alerting.rules import begin_anew
from storage.changes import Changes, set_values
from storage.configured_people import apply_people, described_people
from storage.rows import id_of
from storage.tables import AlertRule, Brand, Courier, ReplyTemplate, Source, SourceState, Supplier

Row = TypeVar("Row", Brand, Source, Courier, Supplier, ReplyTemplate)
_WHERE_FROM = ("base_url", "path", "url", "subreddit")
_FREE = ("files", "feeds")
_OF_THE_BOARD = {"hours", "take_up_minutes"}  # where the file does not say them, what was set on the board stays
# What may be done with posts, and how much of them may be read, changes nothing about which there are.
_ABOUT_USE = (
    *("budget_posts_per_month", "budget_usd_per_month"),
    *("may_export", "may_reply", "may_train", "recheck_hours"),
)
# What the board notes in a source's settings beside what a file could say: that it was made there, which a file that
# does not name it leaves alone, and that its address was, which is then read on public networks only.
MADE_ON_BOARD, PUBLIC_ONLY = "made_on_board", "public_only"
BOARD_MARKS = (MADE_ON_BOARD, PUBLIC_ONLY)


def apply_configuration(session: Session, configuration: Configuration, now: datetime) -> Changes:
    """Make the database say what the configuration says; a second time it changes nothing.

    Nothing is deleted: a source that the configuration does not name is switched off and keeps its posts, unless it was
    made on the board.
    """
    changes = Changes()
    for brand in configuration.brands:
        _apply_brand(session, brand, now, changes)
    session.flush()
    brands = {brand.name: id_of(brand) for brand in session.exec(select(Brand))}
    for source in configuration.sources:
        _apply_source(session, source, brands[source.brand], now, changes)
    _switch_off_others(session, {source.name for source in configuration.sources}, changes)
    for courier in configuration.couriers:
        row = _named(session, Courier, courier.name) or Courier(name=courier.name)
        set_values(session, row, f"courier {courier.name}", changes, aliases=courier.aliases, contact=courier.contact)
    for template in configuration.templates:
        text = _named(session, ReplyTemplate, template.name) or ReplyTemplate(name=template.name, created_at=now)
        brand_id = brands.get(template.brand)
        set_values(session, text, f"template {template.name}", changes, text=template.text, brand_id=brand_id)
    for supplier in configuration.suppliers:
        maker = _named(session, Supplier, supplier.name) or Supplier(name=supplier.name)
        set_values(session, maker, f"supplier {supplier.name}", changes, contact=supplier.contact)
    _apply_rules(session, configuration, brands, now, changes)
    apply_people(session, configuration, brands, now, changes)
    return changes


def _apply_brand(session: Session, entry: BrandEntry, now: datetime, changes: Changes) -> None:
    row = _named(session, Brand, entry.name) or Brand(name=entry.name, created_at=now)
    take_over_brand(session, row, entry, changes)


def take_over_brand(session: Session, row: Brand, entry: BrandEntry, changes: Changes) -> None:
    """Let a brand say what its entry says; what only the board may have set stays where the entry does not say it."""
    values = entry.model_dump(exclude=_OF_THE_BOARD - entry.model_fields_set)
    values["handles"] = [handle.lstrip("@") for handle in entry.handles]
    values["threshold"] = str(entry.threshold)
    set_values(session, row, f"brand {entry.name}", changes, **values)


def _apply_source(session: Session, entry: SourceEntry, brand_id: int, now: datetime, changes: Changes) -> None:
    row = _named(session, Source, entry.name) or Source(
        name=entry.name, brand_id=brand_id, platform=entry.platform, created_at=now
    )
    take_over_source(session, row, entry, brand_id, changes)


def take_over_source(
    session: Session, row: Source, entry: SourceEntry, brand_id: int, changes: Changes, marks: Collection[str] = ()
) -> None:
    """Let a source say what its entry says, with the board's `marks` beside it.

    A source that changed is due now, and whoever reads it goes by what it was: nothing more of that counts. It is read
    from its start where its entry leads elsewhere, else from where it was.
    """
    kept = {"name", "brand", "platform", "query", "every", "enabled"}
    settings = entry.model_dump(exclude=kept, exclude_defaults=True) | dict.fromkeys(marks, True)
    moved = _reads_elsewhere(row, entry, settings)
    changed = set_values(
        session,
        row,
        f"source {entry.name}",
        changes,
        name=entry.name,
        brand_id=brand_id,
        platform=entry.platform,
        query=entry.query,
        settings=settings,
        every_seconds=round(entry.every.total_seconds()),
        enabled=entry.enabled,
    )
    if changed:
        row.state = SourceState.WAITING if entry.enabled else SourceState.OFF
        row.next_attempt_at, row.last_error, row.failures = None, "", 0
        row.claimed_by, row.claimed_until = "", None
        if moved:
            row.cursor = ""


def _reads_elsewhere(row: Source, entry: SourceEntry, settings: dict[str, Any]) -> bool:
    """Tell whether the source has to be read from its start; where reading costs money only if it must."""
    if row.platform != entry.platform or any(row.settings.get(k) != settings.get(k) for k in _WHERE_FROM):
        return True
    return entry.platform in _FREE and (row.query, _reading(row.settings)) != (entry.query, _reading(settings))


def _reading(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if name not in (*_ABOUT_USE, *BOARD_MARKS)}


def _switch_off_others(session: Session, named: set[str], changes: Changes) -> None:
    for row in session.exec(select(Source).where(col(Source.enabled).is_(True))):
        if row.name not in named and not row.settings.get(MADE_ON_BOARD):
            row.enabled, row.state = False, SourceState.OFF
            row.claimed_by, row.claimed_until = "", None
            session.add(row)
            changes.switched_off.append(f"source {row.name}")


def _apply_rules(
    session: Session, configuration: Configuration, brands: dict[str, int], now: datetime, changes: Changes
) -> None:
    for rule in configuration.rules:
        if rule.brand not in brands:
            raise InputError(f'rules "{rule.name}" brand: there is no brand {rule.brand!r}')
        found = select(AlertRule).where(AlertRule.name == rule.name, AlertRule.brand_id == brands[rule.brand])
        row = session.exec(found).first() or AlertRule(
            name=rule.name, brand_id=brands[rule.brand], kind=rule.kind, created_at=now
        )
        if row.kind is not rule.kind:
            begin_anew(session, row, now)
        set_values(
            session, row, f"rule {rule.name}", changes, kind=rule.kind, settings=rule.settings, enabled=rule.enabled
        )


def _named(session: Session, table: type[Row], name: str) -> Row | None:
    return session.exec(select(table).where(table.name == name)).first()


def brand_named(session: Session, name: str) -> Brand:
    """Return the brand; raises InputError that names the known ones."""
    found = session.exec(select(Brand).where(Brand.name == name)).first()
    if found is None:
        known = ", ".join(sorted(session.exec(select(Brand.name)))) or "none yet"
        raise InputError(f"There is no brand {name!r}. Known brands: {known}.")
    return found


def thresholds_of(session: Session, brand_ids: Collection[int]) -> dict[int, Threshold]:
    """Return where the complaints of each of these brands begin."""
    brands = session.exec(select(Brand).where(col(Brand.id).in_(brand_ids)))
    return {id_of(brand): parse_threshold(brand.threshold) for brand in brands}


def all_thresholds(session: Session) -> list[tuple[str, Threshold]]:
    """Return where each brand's complaints begin, by name."""
    return [
        (brand.name, parse_threshold(brand.threshold)) for brand in session.exec(select(Brand).order_by(Brand.name))
    ]


def all_brands(session: Session) -> Sequence[Brand]:
    """Return every brand by name."""
    return session.exec(select(Brand).order_by(Brand.name)).all()


def all_sources(session: Session) -> Sequence[Source]:
    """Return every source by name."""
    return session.exec(select(Source).order_by(Source.name)).all()


def described(session: Session) -> dict[str, list[dict[str, Any]]]:
    """Return the present configuration in the shape of a configuration file."""
    brands = session.exec(select(Brand).order_by(Brand.name)).all()
    names = {brand.id: brand.name for brand in brands}
    couriers = session.exec(select(Courier).order_by(Courier.name)).all()
    templates = session.exec(select(ReplyTemplate).order_by(ReplyTemplate.name)).all()
    rules = session.exec(select(AlertRule).order_by(AlertRule.name)).all()
    suppliers = session.exec(select(Supplier).order_by(Supplier.name)).all()
    return {
        "brands": [
            brand.model_dump(exclude={"id", "created_at", "has_starter_rules"})
            | {"threshold": parse_threshold(brand.threshold)}
            for brand in brands
        ],
        "sources": [_described_source(source, names) for source in all_sources(session)],
        "couriers": [courier.model_dump(exclude={"id"}) for courier in couriers],
        "suppliers": [supplier.model_dump(exclude={"id"}) for supplier in suppliers],
        "templates": [{"name": t.name, "text": t.text, "brand": names.get(t.brand_id, "")} for t in templates],
        "rules": [
            {
                "name": r.name,
                "brand": names[r.brand_id],
                "kind": r.kind.value,
                "settings": r.settings,
                "enabled": r.enabled,
            }
            for r in rules
        ],
        **described_people(session, names),
    }


def _described_source(source: Source, names: Mapping[int | None, str]) -> dict[str, Any]:
    """Return a source in the shape of a configuration file, with its brand by name."""
    return {
        "name": source.name,
        "brand": names[source.brand_id],
        "platform": source.platform,
        "query": source.query,
        "every": f"{source.every_seconds}s",
        "enabled": source.enabled,
        **configured_settings(source),
    }


def configured_settings(source: Source) -> dict[str, Any]:
    """Return what a configuration file could say of the source's settings, without the board's marks."""
    return {name: value for name, value in source.settings.items() if name not in BOARD_MARKS}
