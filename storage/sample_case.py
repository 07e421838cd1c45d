"""A case to try something on: the newest one, with what is needed to fill a reply in."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from storage.tables import Brand, Case, PostRow


@dataclass(frozen=True, slots=True)
class SampleCase:
    """A case with its brand and its author's newest post that is still there."""

    case: Case
    brand: Brand
    post: PostRow | None


def newest_case(session: Session, brand_id: int | None = None) -> SampleCase | None:
    """Return the case that was opened last, of this brand where one is given; none where there is none."""
    query = select(Case, Brand).join(Brand, col(Brand.id) == Case.brand_id).order_by(col(Case.id).desc()).limit(1)
    found = session.exec(query if brand_id is None else query.where(Case.brand_id == brand_id)).first()
    if found is None:
        return None
    case, brand = found
    posts = (
        select(PostRow)
        .where(PostRow.case_id == case.id, col(PostRow.is_own).is_(False), col(PostRow.deleted_at).is_(None))
        .order_by(col(PostRow.posted_at).desc())
    )
    return SampleCase(case, brand, session.exec(posts.limit(1)).first())
