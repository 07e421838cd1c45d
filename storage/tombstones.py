"""Posts that their platforms no longer have: the words go from every place that holds a copy, a tombstone stays.

What stays of a post is that it was there, when, how it was judged and what the team did about it. Its text, title,
address (which names the author, on Reddit the title too), author, earlier wordings and the passages that were picked
out of it go, and so do the copies in its case and in the mails that told of it. Notes, drafts and replies are the
team's own words and stay.

A tombstone is final. Search indexes lag behind deletions and bring a deleted post once more, so nothing that arrives
later brings its words back: not a collector, and not an account that was protected for a while and is public again.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from itertools import islice

from sqlalchemy import delete, or_
from sqlmodel import Session, col, select

from core.alerts.kinds import AlertKind
from core.masking import excerpt, masked, masked_handle
from core.text import storable
from storage.casework import GONE_WORDS, lock_brands, record, refresh, telling_words, worst_post
from storage.rows import id_of
from storage.tables import (
    AlertRule,
    Brand,
    Case,
    EventKind,
    Incident,
    IncidentItem,
    Notice,
    Outbox,
    PostEdit,
    PostRow,
    PredictionRow,
    Telling,
)

CHUNK = 500
WHY_LENGTH = 300


def record_deleted(session: Session, platform: str, gone: Mapping[str, str], now: datetime) -> int:
    """Take the words of these posts away for good and note in their cases that they are gone; return how many were.

    `gone` says of each platform id why, in a few words. Ids that are not stored, and posts that are tombstones already,
    are passed over, so a repeat changes nothing. To be called in a transaction that writes.
    """
    ids = iter(gone)
    count = 0
    while chunk := list(islice(ids, CHUNK)):
        query = select(PostRow).where(
            PostRow.platform == platform, col(PostRow.platform_id).in_(chunk), col(PostRow.deleted_at).is_(None)
        )
        # In the order in which classify locks: posts, then brands.
        posts = session.exec(query.order_by(col(PostRow.id)).with_for_update(key_share=True)).all()
        for post in posts:
            _bury(session, post, storable(gone[post.platform_id], WHY_LENGTH), now)
        session.flush()
        _forget_copies(session, [id_of(post) for post in posts])
        _clear_post_alerts(session, {id_of(post) for post in posts})
        _tell_cases(session, posts, now)
        count += len(posts)
    return count


def was_deleted_since(session: Session, at: datetime) -> bool:
    """Tell whether a post became a tombstone since then."""
    return session.exec(select(PostRow.id).where(col(PostRow.deleted_at) >= at).limit(1)).first() is not None


def _bury(session: Session, post: PostRow, why: str, now: datetime) -> None:
    """Turn the post into its tombstone; whoever reads it right now loses the claim."""
    post.deleted_at, post.gone_why = now, why
    post.text = post.title = post.url = post.author = post.author_name = ""
    post.claimed_by, post.claimed_until = "", None
    session.add(post)


def _forget_copies(session: Session, post_ids: list[int]) -> None:
    session.execute(delete(PostEdit).where(col(PostEdit.post_id).in_(post_ids)))
    for said in session.exec(select(PredictionRow).where(col(PredictionRow.post_id).in_(post_ids))):
        said.passages = []
        session.add(said)


def _tell_cases(session: Session, posts: Iterable[PostRow], now: datetime) -> None:
    by_case: dict[int, list[PostRow]] = {}
    for post in posts:
        if post.case_id is not None:
            by_case.setdefault(post.case_id, []).append(post)
    if not by_case:
        return
    brands = lock_brands(session, (post.brand_id for of_case in by_case.values() for post in of_case))
    for case in session.exec(select(Case).where(col(Case.id).in_(by_case)).order_by(col(Case.id))).all():
        _clear_case(session, case, brands[case.brand_id], now)
        for post in by_case[id_of(case)]:
            record(session, case, EventKind.DELETED, now, post_id=post.id, why=post.gone_why)


def _clear_case(session: Session, case: Case, brand: Brand, now: datetime) -> None:
    """Take the words that are gone out of the case and its mails; the last post of the author takes the name along."""
    if not refresh(session, case, now):
        case.excerpt = GONE_WORDS
    is_anonymous = not _has_living_post(session, case)
    if is_anonymous:
        case.author = case.author_key = case.author_name = ""
    case.updated_at = now
    session.add(case)
    worst = worst_post(session, case)
    words = excerpt(masked(telling_words(*worst), tuple(brand.handles))) if worst else GONE_WORDS
    cleared = {"excerpt": words} | ({"author": masked_handle("")} if is_anonymous else {})
    _clear_old_alerts(session, id_of(case), cleared)
    _clear_alerts(session, id_of(case), cleared)
    _clear_notices(session, id_of(case), cleared)


def _clear_old_alerts(session: Session, case_id: int, cleared: Mapping[str, object]) -> None:
    """Take what is gone out of the mails about this case alone that were written before there were rules."""
    incidents = select(Incident.id).where(Incident.case_id == case_id)
    for mail in session.exec(select(Outbox).where(col(Outbox.incident_id).in_(incidents))).all():
        mail.content = mail.content | {name: words for name, words in cleared.items() if name in mail.content}
        session.add(mail)


def _clear_alerts(session: Session, case_id: int, cleared: Mapping[str, object]) -> None:
    """Take what is gone out of the mails about incidents that showed the case, as an example of a spike too."""
    held = select(IncidentItem.incident_id).where(IncidentItem.case_id == case_id)
    spikes = (
        select(Incident.id)
        .join(AlertRule, col(AlertRule.id) == Incident.rule_id)
        .where(AlertRule.kind == AlertKind.SPIKE)
    )
    showed = or_(col(Telling.incident_id).in_(held), col(Telling.incident_id).in_(spikes))
    for mail in session.exec(select(Outbox).where(col(Outbox.id).in_(select(Telling.outbox_id).where(showed)))).all():
        incidents = [
            each | {"items": [item | cleared if item["case_id"] == case_id else item for item in each["items"]]}
            for each in mail.content["incidents"]
        ]
        mail.content = mail.content | {"incidents": incidents}
        session.add(mail)


def _clear_post_alerts(session: Session, post_ids: Collection[int]) -> None:
    """Take what is gone out of the mails that told of a post that no case held."""
    held = select(IncidentItem.incident_id).where(col(IncidentItem.key).in_([f"post:{each}" for each in post_ids]))
    told = select(Telling.outbox_id).where(col(Telling.incident_id).in_(held))
    for mail in session.exec(select(Outbox).where(col(Outbox.id).in_(told))).all():
        incidents = [
            each | {"items": [_cleared(item) if item.get("post_id") in post_ids else item for item in each["items"]]}
            for each in mail.content["incidents"]
        ]
        mail.content = mail.content | {"incidents": incidents}
        session.add(mail)


def _cleared(item: Mapping[str, object]) -> dict[str, object]:
    """Return a post that a mail tells of without what is gone: its address names the author too."""
    link = item["link"] if item["case_id"] is not None else ""
    return {**item, "excerpt": GONE_WORDS, "author": masked_handle(""), "link": link}


def _clear_notices(session: Session, case_id: int, cleared: Mapping[str, object]) -> None:
    """Take what is gone out of the mails that told members of the case among others."""
    told = select(Notice.outbox_id).where(Notice.case_id == case_id)
    for mail in session.exec(select(Outbox).where(col(Outbox.id).in_(told))).all():
        cases = [each | cleared if each["case_id"] == case_id else each for each in mail.content["cases"]]
        mail.content = mail.content | {"cases": cases}
        session.add(mail)


def _has_living_post(session: Session, case: Case) -> bool:
    living = select(PostRow.id).where(
        PostRow.case_id == case.id, col(PostRow.is_own).is_(False), col(PostRow.deleted_at).is_(None)
    )
    return session.exec(living.limit(1)).first() is not None
