"""A small shop with cases to look at: brands, posts with what a model said of them, and two members."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from core.masking import excerpt
from core.taxonomy import Party, Reason
from core.types import Role
from storage.casework import words_of
from storage.database import Database
from storage.members import create_member
from storage.rows import id_of
from storage.tables import Brand, Case, CaseEvent, EventKind, PostRow, PredictionRow

MODEL = "test-1"
PASSWORD = "correct horse battery"
DANA, OMAR = "dana@brindle.example", "omar@brindle.example"


@dataclass(frozen=True)
class Seed:
    """A case to be: one post, or several by the same author."""

    author: str
    name: str
    texts: Sequence[str]
    severity: int = 2
    reasons: dict[Reason, float] = field(default_factory=lambda: {Reason.LATE: 0.91})
    parties: Sequence[Party] = ()
    platform: str = "x"
    minutes_ago: int = 30
    unsure: bool = False
    due_in_minutes: int | None = 60
    reach: int = 120
    url: str = "https://social.example/p/{}"
    own_reply: str = ""
    title: str = ""
    language: str = "en"
    marked: Sequence[str] = ()  # the passages of the texts that the model names


CASES = (
    Seed(
        "@mara_lenz",
        "Mara Lenz",
        ("Stayed in ALL day for the sofa. Found a “sorry we missed you” card at six. The bell works, I was sitting "
         "right behind that door. Third time now, @brindlehome.",),
        severity=4,
        reasons={Reason.MISSED: 0.97, Reason.BROKEN_PROMISE: 0.71},
        parties=(Party.COURIER,),
        minutes_ago=8,
        due_in_minutes=22,
        reach=5400,
    ),
    Seed(
        "jt_okafor",
        "",
        ("Tracking number from Brindle has said “label created” for nine days. Chat is a robot that sends me back to "
         "the tracking page. Does anybody there pick up a phone?",
         "Update: they closed my chat as solved. Nothing is solved."),
        severity=3,
        reasons={Reason.NO_TRACKING: 0.94, Reason.UNREACHABLE: 0.88, Reason.NO_REPLY: 0.53},
        parties=(Party.BRAND, Party.COURIER),
        platform="reddit",
        minutes_ago=95,
        due_in_minutes=-18,
        reach=320,
    ),
    Seed(
        "@hanne.k",
        "Hanne K.",
        ("Ordered two lamps, got one lamp and a box of somebody’s curtain rings. @brindlehome who do I write to?",),
        severity=1,
        reasons={Reason.WRONG_ITEM: 0.96},
        platform="mastodon",
        minutes_ago=140,
        due_in_minutes=300,
        reach=86,
    ),
    Seed(
        "@pawel_dom",
        "Paweł",
        ("Paczka od Brindle miała być we wtorek. Jest sobota. Nikt nie odpowiada na maile.",),
        severity=2,
        reasons={Reason.LATE: 0.62, Reason.NO_REPLY: 0.58},
        minutes_ago=210,
        unsure=True,
        due_in_minutes=500,
        language="pl",
    ),
    Seed(
        "gardenlog",
        "The Garden Log",
        ("I have bought from Brindle for years, which is why this one stings. "
         + "The table came with a split leg, the courier had signed for me, and the refund that was promised “within "
         "five days” is now in its fourth week. " * 14,),
        title="Four weeks for a refund: a small diary",
        severity=3,
        reasons={Reason.DAMAGED: 0.93, Reason.REFUND: 0.9, Reason.BROKEN_PROMISE: 0.77},
        parties=(Party.BRAND,),
        platform="feeds",
        minutes_ago=1500,
        due_in_minutes=None,
        own_reply="We are sorry about the table and the wait. Your refund left our bank this morning; please tell us "
        "if it is not there by Thursday.",
        reach=0,
    ),
    Seed(
        "<b>nettle</b>",
        "**Nettle** ![x](http://tracker.example/p.png)",
        ('<img src=x onerror="document.title=\'owned\'"> <script>document.title="owned"</script> **bold** :red[danger] '
         "$x^2$ [click](javascript:alert(1)) my parcel is gone",),
        severity=2,
        reasons={Reason.LOST: 0.8},
        url="javascript:document.title='owned'",
        minutes_ago=400,
        due_in_minutes=700,
    ),
    Seed("@ruthless_ruth", "Ruth", ("parcel came on sunday at 7am, nobody said a word, now it is wet",),
         reasons={Reason.UNANNOUNCED: 0.9, Reason.DAMAGED: 0.55}, minutes_ago=610, due_in_minutes=800,
         platform="bluesky"),
    Seed("@ilyas", "Ilyas Demir", ("charged twice for one kettle, @brindlehome, sort it out please",),
         reasons={Reason.BILLING: 0.95}, minutes_ago=700, due_in_minutes=900),
    Seed("copperpot", "", ("The app logs me out at checkout every single time, basket gone.",),
         severity=2, reasons={Reason.WEBSITE: 0.89}, minutes_ago=820, due_in_minutes=1000, platform="reddit"),
)  # fmt: skip


def seed(database: Database, now: datetime, cases: Sequence[Seed] = CASES) -> list[int]:
    """Fill an empty database; return the ids of the cases in the order of `cases`."""
    with database.write() as session:
        create_member(session, DANA, "Dana Fischer", Role.MANAGER, PASSWORD, now)
        create_member(session, OMAR, "Omar Haddad", Role.RESPONDER, PASSWORD, now)
        brand = Brand(name="Brindle Home", handles=["brindlehome"], created_at=now)
        session.add(brand)
        session.flush()
        return [add_case(session, id_of(brand), each, now) for each in cases]


def add_case(session: Session, brand_id: int, each: Seed, now: datetime) -> int:
    """Store one case with its posts."""
    first = now - timedelta(minutes=each.minutes_ago)
    times = [first + timedelta(minutes=3 * number) for number in range(len(each.texts))]
    case = Case(
        brand_id=brand_id,
        platform=each.platform,
        author=each.author,
        author_name=each.name,
        excerpt=excerpt(f"{each.title} {each.texts[0]}" if each.title else each.texts[0]),
        language=each.language,
        severity=each.severity,
        confidence=0.97,
        unsure=each.unsure,
        reasons={reason.value: share for reason, share in each.reasons.items()},
        parties=[party.value for party in each.parties],
        priority=each.severity * 100 - each.minutes_ago // 60,
        priority_why="severity, then age",
        reach=each.reach,
        post_count=len(each.texts),
        first_posted_at=first,
        last_posted_at=times[-1],
        opened_at=first + timedelta(minutes=1),
        due_at=None if each.due_in_minutes is None else now + timedelta(minutes=each.due_in_minutes),
        updated_at=now,
    )
    session.add(case)
    session.flush()
    case_id = id_of(case)
    for number, (text, time) in enumerate(zip(each.texts, times, strict=True)):
        _add_post(session, brand_id, case_id, each, text, time, number)
    session.add(CaseEvent(case_id=case_id, kind=EventKind.OPENED, detail={}, happened_at=first + timedelta(minutes=1)))
    if each.own_reply:
        session.add(
            PostRow(
                platform=each.platform,
                platform_id=f"own-{case_id}",
                brand_id=brand_id,
                case_id=case_id,
                author="brindlehome",
                author_name="Brindle Home",
                text=each.own_reply,
                is_own=True,
                posted_at=times[-1] + timedelta(minutes=50),
                collected_at=times[-1] + timedelta(minutes=51),
                classified_with=MODEL,
            )
        )
    return case_id


def _add_post(
    session: Session, brand_id: int, case_id: int, each: Seed, text: str, posted_at: datetime, number: int
) -> None:
    key = f"{case_id}-{number}"
    post = PostRow(
        platform=each.platform,
        platform_id=key,
        brand_id=brand_id,
        case_id=case_id,
        author=each.author,
        author_name=each.name,
        title=each.title,
        text=text,
        url=each.url.format(key),
        language=each.language,
        reach=each.reach,
        posted_at=posted_at,
        collected_at=posted_at + timedelta(minutes=1),
        classified_with=MODEL,
    )
    session.add(post)
    session.flush()
    session.add(
        PredictionRow(
            post_id=id_of(post),
            model_version=MODEL,
            complaint=0.97 if not each.unsure else 0.54,
            is_complaint=True,
            reasons={reason.value: share for reason, share in each.reasons.items()},
            severity=each.severity,
            parties=[party.value for party in each.parties],
            language=each.language,
            unsure=each.unsure,
            passages=[_passage(words_of(post), words) for words in each.marked],
            created_at=posted_at + timedelta(minutes=2),
        )
    )


def _passage(read: str, words: str) -> dict[str, Any]:
    return {"start": read.index(words), "end": read.index(words) + len(words), "complaint": 0.93}
