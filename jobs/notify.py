"""Notify: what members are to be told of becomes e-mails, as each of them chose."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from alerts.assignment import KIND, CaseNews, ForMember, as_content
from core.masking import excerpt, masked
from jobs.parts import Parts
from jobs.quoting import quote
from storage.database import Session
from storage.notices import mark_told, members_to_tell, take_notices
from storage.outbox import queue_mail
from storage.rows import id_of
from storage.tables import Brand, Case, Notice, NoticeKind, Notify

SETTLING: Final = timedelta(seconds=2)
SHOWN: Final = 25  # cases in one mail; of the others it says how many there are


def notify(parts: Parts, settling: timedelta = SETTLING, stopping: Callable[[], bool] = lambda: False) -> int:
    """Write a mail to each member who is to be told of something; return how many were written.

    What a member is told of and the message that tells it are one transaction: a crash loses neither and doubles none.
    """
    with parts.database.read() as session:
        waiting = members_to_tell(session, parts.now(), settling)
    written = 0
    for member_id in waiting:
        if stopping():
            break
        with parts.database.write() as session:
            written += _tell(session, member_id, parts)
    return written


def _tell(session: Session, member_id: int, parts: Parts) -> bool:
    taken = take_notices(session, member_id, parts.now())
    if taken is None or not taken[1]:
        return False
    member, news = taken
    shown = sorted(news, key=lambda each: (-each[1].priority, id_of(each[0])))[:SHOWN]
    mail = ForMember(
        timezone=member.timezone,
        cases=tuple(_news(session, notice, case, parts) for notice, case in shown),
        more=len(news) - len(shown),
        queue_link=f"{parts.base_url}/?view=mine",
        is_bundled=member.notify is Notify.BUNDLED,
    )
    message = queue_mail(session, KIND, member.email, as_content(mail), parts.mail_host, parts.now())
    mark_told(session, [notice for notice, _ in news], id_of(message))
    return True


def _news(session: Session, notice: Notice, case: Case, parts: Parts) -> CaseNews:
    brand = session.get_one(Brand, case.brand_id)
    quoted = quote(session, case, brand)
    is_theirs = case.assignee_id == notice.member_id
    return CaseNews(
        why=notice.kind.value,
        told=_told(notice, tuple(brand.handles)),
        case_id=id_of(case),
        brand=brand.name,
        severity=case.severity,
        unsure=case.unsure,
        reasons=tuple(case.reasons),
        platform=case.platform,
        courier=case.courier,
        author=quoted.author,
        excerpt=quoted.words,
        language=case.language,
        post_count=case.post_count,
        take_up_by=_iso(case.take_up_by) if is_theirs else "",
        due_at=_iso(case.due_at),
        link=parts.case_link(id_of(case)) + ("&view=mine" if is_theirs else ""),
    )


def _iso(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def _told(notice: Notice, spared: Sequence[str]) -> str:
    """Say what a notice tells beside the case."""
    detail = {name: str(value) for name, value in notice.detail.items() if value}
    by, team = detail.get("by", ""), detail.get("team", "")
    if notice.kind is NoticeKind.MENTIONED:
        words = excerpt(masked(detail.get("words", ""), tuple(spared)))
        return f"{by or 'A colleague'} writes: “{words}”" if words else f"{by or 'A colleague'} named you in a note."
    if notice.kind is NoticeKind.WOKE:
        return "The time until which it was put off has passed."
    if notice.kind is NoticeKind.RETURNED:
        return _returned(detail, team)
    for_team = f" for the team {team}" if team else ""
    if by:
        return f"Sent by {by}{for_team}."
    return f"Sent by the rule “{detail['rule']}”{for_team}." if "rule" in detail else f"Your turn{for_team}."


def _returned(detail: dict[str, str], team: str) -> str:
    if team:
        return f"Everybody in the team {team} let it pass: nobody has it now."
    who, minutes = detail.get("from", "Nobody"), detail.get("minutes", "")
    if "was_yours" in detail:
        return f"You did not take it up within {minutes} minutes, so it went to the next."
    why = {"away": f"{who} is away", "disabled": f"the account of {who} was closed"}
    return f"It came back, as {why.get(detail.get('why', ''), f'{who} did not take it up within {minutes} minutes')}."
