"""Cases that are put to a courier or a supplier by e-mail: to whom, in which words, and the message itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlmodel import Session, col, select

from core.configuration import check_email
from core.entities import EntityKind, find
from core.errors import InputError
from core.masking import excerpt
from core.platforms import platform_words
from core.text import written
from storage.cases import refuse_merged
from storage.casework import record, telling_words, words_of, worst_post
from storage.outbox import HANDOVER, queue_mail
from storage.rows import existing_case, id_of
from storage.tables import Brand, Case, Courier, EventKind, Handover, Member, Outbox, OutboxState, PostRow, Supplier
from storage.teams import locked_case, take_up

KIND: Final = HANDOVER
LONGEST: Final = 10_000
QUOTED: Final = 600
HELD: Final = timedelta(seconds=20)  # so long a message can be taken back, as by storage.unsaying
AGAIN_AFTER: Final = timedelta(minutes=1)  # the same words to the same address before that are a second click


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom a case can be put to; `is_named` where the case's author speaks of them."""

    name: str
    recipient: str
    is_supplier: bool
    is_named: bool


def contacts_for(session: Session, case_id: int) -> list[Contact]:
    """Return the couriers and suppliers that have an address, the one that the case names first."""
    case = existing_case(session, case_id)
    couriers = session.exec(select(Courier).where(Courier.contact != "").order_by(Courier.name)).all()
    suppliers = session.exec(select(Supplier).where(Supplier.contact != "").order_by(Supplier.name)).all()
    named = [Contact(each.name, each.contact, False, each.name == case.courier) for each in couriers]
    found = [*named, *(Contact(each.name, each.contact, True, False) for each in suppliers)]
    return sorted(found, key=lambda contact: not contact.is_named)


def subject_of(brand: str, case_id: int) -> str:
    """Return the subject of every message about a case, so that mail programs keep them together."""
    return " ".join(f"[{brand}] A customer's complaint, case {case_id}".split())


def suggested_text(session: Session, case_id: int, member_id: int) -> str:
    """Return words to begin with, which the member changes as they like before they send them."""
    case = existing_case(session, case_id)
    brand = session.get_one(Brand, case.brand_id)
    member = session.get_one(Member, member_id)
    worst = worst_post(session, case)
    words = excerpt(telling_words(*worst), QUOTED) if worst else ""
    said = [f"Hello,\n\na customer of {brand.name} wrote on {platform_words(case.platform)}"]
    said[0] += f" on {case.last_posted_at:%d %B %Y}:\n\n“{words}”" if words else "."
    if worst and worst[0].url:
        said.append(f"The post: {worst[0].url}")
    if numbers := _tracking_numbers(session, case):
        said.append(f"Tracking number: {', '.join(numbers)}")
    said.append("Please tell us what happened to this delivery, and what we can tell the customer.")
    said.append(f"Regards,\n{member.name}, {brand.name}")
    return "\n\n".join(said)


def _tracking_numbers(session: Session, case: Case) -> Sequence[str]:
    posts = session.exec(select(PostRow).where(PostRow.case_id == case.id).order_by(col(PostRow.posted_at)).limit(20))
    found = [entity for post in posts for entity in find(words_of(post)[:2000], post.posted_at)]
    return list(dict.fromkeys(entity.value for entity in found if entity.kind is EntityKind.TRACKING_NUMBER))[:5]


def hand_over(
    session: Session, case_id: int, member_id: int, name: str, recipient: str, text: str, host: str, now: datetime
) -> Handover:
    """Put the case to a courier or supplier: the message says what the member wrote and nothing else.

    It leaves after HELD, under the product's address, and the answer goes to the member. Raises InputError for a text
    that is empty or too long, an address that is not the contact of a courier or supplier of this name, the same
    message again within a minute, and for a case that was merged.
    """
    case = locked_case(session, case_id)  # of two clicks at once the second finds what the first sent
    refuse_merged(case)
    words = written(text)
    if not words:
        raise InputError("Nothing was sent: the message is empty. Write what you want to ask.")
    if len(words) > LONGEST:
        raise InputError(f"Nothing was sent: shorten the message from {len(words):,} to {LONGEST:,} characters.")
    _check_recipient(session, case_id, name, recipient)
    if _is_repeat(session, case_id, recipient, words, now):
        raise InputError(f"Nothing was sent: {name} was sent this very message a moment ago.")
    member = session.get_one(Member, member_id)
    brand = session.get_one(Brand, case.brand_id)
    content = {"subject": subject_of(brand.name, case_id), "text": words, "reply_to": member.email}
    message = queue_mail(session, KIND, recipient, content, host, now, HELD)
    handover = Handover(
        case_id=case_id,
        member_id=member_id,
        outbox_id=id_of(message),
        name=name,
        recipient=recipient,
        text=words,
        created_at=now,
    )
    case.updated_at = now
    session.add_all((case, handover))
    session.flush()
    record(session, case, EventKind.HANDED_OVER, now, member_id, name=name, handover_id=handover.id)
    take_up(session, case_id, member_id, now)
    return handover


def _check_recipient(session: Session, case_id: int, name: str, recipient: str) -> None:
    known = {(contact.name, contact.recipient) for contact in contacts_for(session, case_id)}
    if (name, recipient) not in known:
        raise InputError(
            f"Nothing was sent: {recipient[:80]} is not the address of {name[:80]}. A manager keeps the addresses "
            "under Couriers."
        )
    try:
        check_email(recipient)
    except ValueError as error:
        raise InputError(f"Nothing was sent: {error}. A manager can correct it under Couriers.") from error


def _is_repeat(session: Session, case_id: int, recipient: str, words: str, now: datetime) -> bool:
    query = select(Handover.text).join(Outbox, col(Outbox.id) == Handover.outbox_id)
    to_them = query.where(Handover.case_id == case_id, Handover.recipient == recipient)
    lately = to_them.where(Handover.created_at > now - AGAIN_AFTER, Outbox.state != OutboxState.CANCELLED)
    return words in session.exec(lately).all()
