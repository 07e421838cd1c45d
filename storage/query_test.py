"""What a query would find among the posts that are stored, for whoever writes one."""

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlmodel import Session, col, select

from core.errors import InputError
from core.queries import Query, match
from storage.rows import id_of
from storage.source_queries import WrittenQuery, options_of, query_of
from storage.tables import Brand, PostRow, Source

NEWEST: Final = 2000  # posts looked at where nobody says how many: about a tenth of a second
EXAMPLES: Final = 5
READ_AT_ONCE: Final = 500  # rows held in memory
OWN_POST: Final = "a post of the brand itself"


@dataclass(frozen=True, slots=True)
class Example:
    """A post as it is shown beside the verdict; `why` says what decided."""

    id: int
    platform: str
    author: str
    title: str
    text: str
    url: str
    posted_at: datetime
    why: str


@dataclass(slots=True)
class Group:
    """The posts that one reason decided: how many, and the newest of them."""

    why: str
    count: int = 0
    examples: list[Example] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Tested:
    """What the query made of `looked_at` posts, the newest first; each group the larger the earlier.

    `is_cut` where time was up before all of them were looked at.
    """

    looked_at: int
    matched: int
    since: datetime | None
    found: Sequence[Group]
    left_out: Sequence[Group]
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Among:
    """Which stored posts to look at: those of a brand, of a source, or all."""

    brand_id: int | None = None
    source_id: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A brand, or a source of it, whose posts a query can be tried on.

    `value` is its short name ("brand:1", "source:7"); `name`, `platform`, `base_url` and `options` are those of the
    source.
    """

    value: str
    words: str
    brand_id: int
    source_id: int | None = None
    name: str = ""
    platform: str = ""
    base_url: str = ""
    own_handles: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)


def try_query(
    session: Session,
    query: Query,
    among: Among,
    newest: int = NEWEST,
    examples: int = EXAMPLES,
    *,
    within_s: float = math.inf,
) -> Tested:
    """Return what the query finds among the newest stored posts, and why it leaves out the others.

    Looks at fewer posts than `newest` where a query of many names would take longer than `within_s` seconds.
    Posts that were deleted are not looked at. A query that is wider than those that brought the posts would find more
    on the platforms themselves: nobody has read that yet.
    """
    found: dict[str, Group] = {}
    left_out: dict[str, Group] = {}
    looked_at = matched = 0
    since: datetime | None = None
    until = time.monotonic() + within_s
    is_cut = False
    for post in _newest(session, among, newest):
        is_cut = looked_at > 0 and time.monotonic() >= until
        if is_cut:
            break
        words = f"{post.title}\n{post.text}" if post.title else post.text
        said = match(query, words, post.author, post.language)
        is_match = said.is_match and not post.is_own
        why = OWN_POST if post.is_own else said.why
        looked_at, matched, since = looked_at + 1, matched + is_match, post.posted_at
        group = (found if is_match else left_out).setdefault(why, Group(why))
        group.count += 1
        if len(group.examples) < examples:
            group.examples.append(_example(post, why))
    return Tested(looked_at, matched, since, _largest_first(found.values()), _largest_first(left_out.values()), is_cut)


def source_named(session: Session, name: str) -> Source:
    """Return the source; raises InputError that names the known ones."""
    found = session.exec(select(Source).where(Source.name == name)).first()
    if found is None:
        known = ", ".join(sorted(session.exec(select(Source.name)))) or "none yet"
        raise InputError(f"There is no source {name!r}. Known sources: {known}.")
    return found


def query_of_source(session: Session, source_id: int) -> WrittenQuery:
    """Return what the source with this key looks for."""
    source = session.get_one(Source, source_id)
    return query_of(source, session.get_one(Brand, source.brand_id))


def places(session: Session) -> list[Place]:
    """Return what a query can be tried on: every brand, and every source, by name."""
    brands = session.exec(select(Brand).order_by(Brand.name)).all()
    named = {id_of(brand): brand for brand in brands}
    sources = session.exec(select(Source).order_by(Source.name)).all()
    return [
        *(
            Place(f"brand:{id_of(b)}", f"All posts about {b.name}", id_of(b), own_handles=tuple(b.handles))
            for b in brands
        ),
        *(
            Place(
                f"source:{id_of(source)}",
                f"Source {source.name}",
                source.brand_id,
                id_of(source),
                source.name,
                source.platform,
                str(source.settings.get("base_url", "")),
                tuple(named[source.brand_id].handles),
                options_of(source),
            )
            for source in sources
        ),
    ]


def place_named(session: Session, value: str) -> Place | None:
    """Return the place of that short name, None where there is none any more."""
    return next((place for place in places(session) if place.value == value), None)


def _newest(session: Session, among: Among, newest: int) -> Iterable[PostRow]:
    query = select(PostRow).where(col(PostRow.deleted_at).is_(None))
    if among.brand_id is not None:
        query = query.where(PostRow.brand_id == among.brand_id)
    if among.source_id is not None:
        query = query.where(PostRow.source_id == among.source_id)
    query = query.order_by(col(PostRow.posted_at).desc(), col(PostRow.id).desc()).limit(newest)
    return session.exec(query.execution_options(yield_per=READ_AT_ONCE))


def _largest_first(groups: Iterable[Group]) -> list[Group]:
    return sorted(groups, key=lambda group: -group.count)


def _example(post: PostRow, why: str) -> Example:
    return Example(
        id=id_of(post),
        platform=post.platform,
        author=post.author_name or post.author,
        title=post.title,
        text=post.text,
        url=post.url,
        posted_at=post.posted_at,
        why=why,
    )
