"""What a member is told of cases: sent to them, came back, named in a note, back after being put off."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

from alerts.rendering import Wording, render
from alerts.words import reason_words, strangers_words, time_words
from core.platforms import platform_words
from core.taxonomy import Severity

KIND: Final = "assignment"
SUBJECT: Final = "Afterclick: cases for you"  # always the same, so that mail programs keep them together
ROOMY: Final = 4  # cases that are shown with all there is to say; of more, each gets three lines
# In this order, each with its headline for one case and for several.
SECTIONS: Final = {
    "assigned": ("A case was sent to you", "{} cases were sent to you"),
    "mentioned": ("A note names you", "Notes in {} cases name you"),
    "woke": ("A case is back that was put off", "{} cases are back that were put off"),
    "returned": ("A case came back", "{} cases came back"),
}


@dataclass(frozen=True, slots=True)
class CaseNews:
    """One case and why the member hears of it; kept until the mail leaves, so `excerpt` and `author` are masked.

    `why` is one of SECTIONS; `told` says the rest of it in a sentence. Times are ISO, empty where there is none.
    """

    why: str
    told: str
    case_id: int
    brand: str
    severity: int
    unsure: bool
    reasons: tuple[str, ...]
    platform: str
    courier: str
    author: str
    excerpt: str
    language: str
    post_count: int
    take_up_by: str
    due_at: str
    link: str


@dataclass(frozen=True, slots=True)
class ForMember:
    """A mail to a member: their time zone, the cases that are told of, and how many more there are."""

    timezone: str
    cases: tuple[CaseNews, ...]
    more: int
    queue_link: str
    is_bundled: bool


def as_content(mail: ForMember) -> dict[str, object]:
    """Return the mail as plain values, to be kept until it is sent."""
    return asdict(mail) | {"cases": [asdict(case) | {"reasons": list(case.reasons)} for case in mail.cases]}


def wording(content: dict[str, object]) -> Wording:
    """Return subject, text and HTML of the mail kept as `content`."""
    cases: Sequence[dict[str, object]] = content["cases"]  # type: ignore[assignment]
    mail = ForMember(**(content | {"cases": tuple(_cleaned(CaseNews(**case)) for case in cases)}))  # type: ignore[arg-type]
    zone = ZoneInfo(mail.timezone)
    sections = [(why, [_shown(case, zone) for case in mail.cases if case.why == why]) for why in SECTIONS]
    sections = [(why, shown) for why, shown in sections if shown]
    return render(
        KIND,
        subject=SUBJECT,
        list_name="cases",
        mail=mail,
        is_roomy=len(mail.cases) <= ROOMY,
        sections=[(_headline(why, len(shown)), shown) for why, shown in sections],
        shows_headlines=len(sections) > 1,
        headline=_headline(sections[0][0], len(mail.cases) + mail.more)
        if len(sections) == 1
        else f"News of {len(mail.cases) + mail.more} cases",
    )


def _cleaned(case: CaseNews) -> CaseNews:
    return replace(case, excerpt=strangers_words(case.excerpt), author=strangers_words(case.author, 60))


def _headline(why: str, count: int) -> str:
    one, several = SECTIONS[why]
    return one if count == 1 else several.format(count)


def _shown(case: CaseNews, zone: ZoneInfo) -> dict[str, object]:
    """Return what the templates show of a case, in words."""
    return {
        "case": case,
        "severity": "Needs a look" if case.unsure else Severity(case.severity).words,
        "is_grave": case.severity >= Severity.ACCUSATION and not case.unsure,
        "reasons": reason_words(case.reasons),
        "platform": platform_words(case.platform),
        "take_up_by": time_words(case.take_up_by, zone),
        "due_at": time_words(case.due_at, zone),
    }
