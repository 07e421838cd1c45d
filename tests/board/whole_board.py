"""A board in full use: teams on shift, cases in every state, what managers set up, and sixty days behind it.

The nine cases of `seeding.CASES` come first, with the same ids. What is drawn by chance is drawn the same each time.
"""

from datetime import date, datetime, time, timedelta

from sqlmodel import Session, select

from core.taxonomy import Party, Reason
from core.types import CaseStatus, Role
from jobs.parts import Parts
from jobs.tally import tally
from storage.database import Database
from storage.members import create_member, member_by_email
from storage.rows import id_of
from storage.tables import (
    Brand,
    Case,
    CaseEvent,
    Courier,
    EventKind,
    Handover,
    Member,
    Note,
    Notice,
    NoticeKind,
    Notify,
    PostRow,
    Promise,
    Reply,
    ReplyState,
    ReplyTemplate,
    RoutingRule,
    SavedView,
    ShipmentCount,
    Supplier,
    Team,
    TeamMember,
)
from tests.board.alert_seeding import seed_alerts
from tests.board.history import COURIERS, seed_history
from tests.board.seeding import DANA, OMAR, PASSWORD, Seed, add_case, seed
from tests.board.source_seeding import seed_sources

ADA, INES, TOM = "ada@brindle.example", "ines@brindle.example", "tom@brindle.example"
NAMES = {ADA: ("Ada Osei", Role.ADMIN), INES: ("Ines Marques", Role.RESPONDER), TOM: ("Tom Vance", Role.RESPONDER)}
WEEK = ["mon-fri 08:00-18:00", "sat 09:00-14:00"]
TEAMS = {"Delivery": (OMAR, INES, TOM), "Refunds": (DANA, INES)}
TEMPLATES = {
    "Parcel is late": "Hello {author}, we are sorry that your parcel is late. We have asked {courier} where it is and "
    "tell you today what they say. {member}, {brand}",
    "Missed delivery": "Hello {author}, waiting in all day for nothing is not what we promised. {courier} tries again; "
    "tell us in a direct message which day suits you. {member}",
    "Refund is on its way": "Hello {author}, your refund has left our bank. It takes up to three working days. "
    "{member}",
    "Ask for the order number": "Hello {author}, please send us your order number in a direct message, so that we can "
    "look into it at once. {member}, {brand}",
}
MORE = (
    Seed("@lotte_b", "Lotte B.", ("My sofa arrives in two halves, a month apart? @brindlehome, seriously?",),
         severity=2, reasons={Reason.WRONG_ITEM: 0.86, Reason.LATE: 0.6}, parties=(Party.SUPPLIER,), minutes_ago=260),
    Seed("@fenwick", "Fen Wick", ("Swiftfare says delivered, my porch says otherwise. Help?",
                                  "Neighbours have not got it either."),
         severity=2, reasons={Reason.LOST: 0.94}, parties=(Party.COURIER,), platform="mastodon", minutes_ago=350),
    Seed("@quietkettle", "Quiet Kettle", ("Kettle number two, same crack in the lid. Nice packaging though.",),
         severity=2, reasons={Reason.FAULTY: 0.92, Reason.DAMAGED: 0.51}, parties=(Party.SUPPLIER,), minutes_ago=1900),
    Seed("@fenwick", "Fen Wick", ("Asking again about the parcel that Swiftfare lost.",),
         severity=3, reasons={Reason.LOST: 0.9, Reason.NO_REPLY: 0.7}, platform="mastodon", minutes_ago=45),
    Seed("u/harbourmaster", "", ("Goose left the box in the rain, the rug is a sponge now.",),
         severity=3, reasons={Reason.DAMAGED: 0.95, Reason.UNANNOUNCED: 0.6}, parties=(Party.COURIER,),
         platform="reddit", minutes_ago=75, due_in_minutes=25, reach=900),
    Seed("@sanne.vd", "Sanne", ("Waar blijft mijn pakket, @brindlehome? Al twee weken niets gehoord.",),
         severity=2, reasons={Reason.LATE: 0.81, Reason.NO_REPLY: 0.66}, minutes_ago=180, language="nl"),
)  # fmt: skip


def seed_whole_board(database: Database, now: datetime, *, days: int = 60) -> list[int]:
    """Fill an empty database; return the ids of the nine cases of `seeding.CASES`, then those of `MORE`."""
    first = seed(database, now)
    with database.write() as session:
        brand = session.exec(select(Brand)).one()
        brand.timezone, brand.hours = "Europe/Amsterdam", WEEK
        session.add(brand)
        ids = _add_members(session, now)
        teams = _add_teams(session, ids, now)
        _add_setup(session, id_of(brand), ids, teams, now)
        more = [add_case(session, id_of(brand), each, now) for each in MORE]
        _put_in_states(session, [*first, *more], ids, teams, now)
        seed_history(session, id_of(brand), [ids[DANA], ids[OMAR], ids[INES]], now, days)
        _add_parcels(session, id_of(brand), now, days)
        seed_sources(session, brand, now)
        seed_alerts(session, brand, [first[0], more[1], more[4], first[1]], now)
    tally(Parts(database, now=lambda: now))
    return first + more


def _add_members(session: Session, now: datetime) -> dict[str, int]:
    for email, (name, role) in NAMES.items():
        create_member(session, email, name, role, PASSWORD, now)
    found: dict[str, Member] = {}
    for email in (DANA, OMAR, *NAMES):
        member = member_by_email(session, email)
        assert member is not None
        member.timezone = "Europe/Amsterdam"
        found[email] = member
    found[DANA].shift = ["mon-fri 09:00-17:30"]
    found[OMAR].shift, found[OMAR].most_cases = ["mon-sat 07:00-20:00"], 12
    found[INES].shift, found[INES].notify = ["mon-thu 08:00-16:30"], Notify.BUNDLED
    found[TOM].away_until, found[TOM].notify = now + timedelta(days=6), Notify.NEVER
    return {email: id_of(member) for email, member in found.items()}


def _add_teams(session: Session, ids: dict[str, int], now: datetime) -> dict[str, int]:
    teams = {}
    for name, emails in TEAMS.items():
        team = Team(name=name, created_at=now)
        session.add(team)
        session.flush()
        teams[name] = id_of(team)
        session.add_all(TeamMember(team_id=teams[name], member_id=ids[email]) for email in emails)
    return teams


def _add_setup(session: Session, brand_id: int, ids: dict[str, int], teams: dict[str, int], now: datetime) -> None:
    """Add couriers, suppliers, templates, rules and saved views."""
    session.add_all(
        Courier(name=name, aliases=[alias], contact=f"care@{alias}.example") for name, alias in COURIERS.items()
    )
    session.add(Supplier(name="Loom & Lamp", contact="orders@loomlamp.example"))
    session.add(Supplier(name="Kiln Street Kettles", contact="care@kilnstreet.example"))
    session.add_all(ReplyTemplate(name=name, text=text, created_at=now) for name, text in TEMPLATES.items())
    rules = (
        RoutingRule(name="Refunds and billing", reason=Reason.REFUND.value, team_id=teams["Refunds"], created_at=now),
        RoutingRule(name="Severe cases to Dana", least_severity=4, member_id=ids[DANA], created_at=now),
        RoutingRule(name="Swiftfare", courier="Swiftfare", team_id=teams["Delivery"], created_at=now),
        RoutingRule(name="All else", team_id=teams["Delivery"], enabled=False, created_at=now),
    )
    for position, rule in enumerate(rules):
        rule.position = position
        session.add(rule)
    views = (("Accused on X", {"platform": "x", "severity": "3"}, True), ("Lost parcels", {"reason": "lost"}, False))
    for name, filters, is_shared in views:
        view = SavedView(member_id=ids[DANA], name=name, filters=filters, is_shared=is_shared, created_at=now)
        session.add(view)


def _put_in_states(
    session: Session, cases: list[int], ids: dict[str, int], teams: dict[str, int], now: datetime
) -> None:
    """Let things happen to the cases of `MORE`; the first nine stay as they are, for the tests that use them."""
    lotte, lost, kettle, again, rug, dutch = (session.get_one(Case, case_id) for case_id in cases[-len(MORE) :])
    omar, dana = ids[OMAR], ids[DANA]
    lost.courier = again.courier = "Swiftfare"
    rug.courier = "Parcel Goose"
    _happen(session, lotte, EventKind.CLAIMED, omar, now - timedelta(hours=3), {})
    lotte.status, lotte.assignee_id, lotte.assigned_at = CaseStatus.OPEN, omar, now - timedelta(hours=3)
    _hand_over(session, lotte, omar, now - timedelta(hours=2))
    _merge(session, again, lost, dana, now - timedelta(minutes=40))
    _assign(session, lost, dana, now - timedelta(minutes=38), to_member=omar, member="Omar Haddad")
    lost.status, lost.assignee_id, lost.assigned_at = CaseStatus.OPEN, omar, now - timedelta(minutes=38)
    lost.take_up_by = now + timedelta(minutes=22)
    session.add(Notice(member_id=omar, case_id=id_of(lost), kind=NoticeKind.ASSIGNED, detail={"by": "Dana Fischer"},
                       created_at=now - timedelta(minutes=38)))  # fmt: skip
    _answer(session, kettle, omar, now)
    at = now - timedelta(minutes=70)
    _assign(session, rug, None, at, to_team=teams["Delivery"], team="Delivery", rule="Swiftfare")
    rug.team_id, rug.routed_at = teams["Delivery"], now - timedelta(minutes=70)
    session.add(Note(case_id=id_of(rug), member_id=dana, text="@Omar Haddad the depot closes at five, ring them first.",
                     created_at=now - timedelta(minutes=30)))  # fmt: skip
    _happen(session, rug, EventKind.NOTED, dana, now - timedelta(minutes=30), {})
    dutch.returned_at, dutch.team_id = now - timedelta(minutes=15), teams["Delivery"]
    _happen(session, dutch, EventKind.RETURNED, None, now - timedelta(minutes=15), {
        "from_member": ids[INES], "member": "Ines Marques", "why": "not_taken_up", "minutes": 60})  # fmt: skip


def _happen(
    session: Session, case: Case, kind: EventKind, member_id: int | None, at: datetime, detail: dict[str, object]
) -> None:
    session.add(CaseEvent(case_id=id_of(case), kind=kind, member_id=member_id, detail=detail, happened_at=at))


def _assign(session: Session, case: Case, by: int | None, at: datetime, **detail: object) -> None:
    told = {"to_member": None, "to_team": None, "member": "", "team": "", "rule": "", "before": None} | detail
    _happen(session, case, EventKind.ASSIGNED, by, at, told)


def _hand_over(session: Session, case: Case, member_id: int, at: datetime) -> None:
    given = Handover(
        case_id=id_of(case),
        member_id=member_id,
        name="Loom & Lamp",
        recipient="orders@loomlamp.example",
        text="When does the second half of this sofa leave your warehouse? The customer has waited for a month.",
        created_at=at,
    )
    session.add(given)
    _happen(session, case, EventKind.HANDED_OVER, member_id, at, {"name": given.name, "recipient": given.recipient})


def _merge(session: Session, one: Case, into: Case, member_id: int, at: datetime) -> None:
    """Close a case and give its posts to another of the same author."""
    for post in session.exec(select(PostRow).where(PostRow.case_id == one.id)):
        post.case_id = into.id
    one.status, one.merged_into_id, one.closed_at = CaseStatus.DISMISSED, into.id, at
    into.post_count += one.post_count
    into.last_posted_at, into.severity = one.last_posted_at, max(one.severity, into.severity)
    _happen(session, one, EventKind.MERGED, member_id, at, {"into": into.id})
    _happen(session, into, EventKind.MERGED, member_id, at, {"from": [one.id]})


def _answer(session: Session, case: Case, member_id: int, now: datetime) -> None:
    """Answer a case with a promise that is due tomorrow, and put it off until then."""
    at = now - timedelta(hours=5)
    tomorrow = now + timedelta(days=1)
    words = "A new kettle leaves today and is with you by tomorrow evening."
    reply = Reply(
        case_id=id_of(case),
        member_id=member_id,
        state=ReplyState.SENT,
        text=words,
        created_at=at,
        updated_at=at,
        sent_at=at,
    )
    session.add(reply)
    session.flush()
    session.add(
        Promise(case_id=id_of(case), reply_id=reply.id, member_id=member_id, text=words, due_at=tomorrow, created_at=at)
    )
    case.status, case.assignee_id, case.first_reply_at = CaseStatus.WAITING, member_id, at
    case.snoozed_until = tomorrow
    _happen(session, case, EventKind.REPLIED, member_id, at, {})
    _happen(session, case, EventKind.SNOOZED, member_id, at, {"until": tomorrow.isoformat()})


def _add_parcels(session: Session, brand_id: int, now: datetime, days: int) -> None:
    """Count what each courier carried, so that complaints become a rate."""
    couriers = {courier.name: id_of(courier) for courier in session.exec(select(Courier))}
    for ago in range(days + 1):
        day: date = (datetime.combine(now.date(), time()) - timedelta(days=ago)).date()
        for number, courier_id in enumerate(couriers[name] for name in COURIERS):
            parcels = (310, 420, 180)[number] - (180 if day.weekday() == 6 else 0) + 3 * (ago % 7)
            session.add(ShipmentCount(brand_id=brand_id, courier_id=courier_id, day=day, parcels=max(parcels, 0)))
