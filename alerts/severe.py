"""The alert for one severe case."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.rendering import Wording, render
from core.platforms import platform_words
from core.taxonomy import Party, Reason, Severity

KIND = "severe_case"
SHOWN_REASONS = 4


@dataclass(frozen=True, slots=True)
class SevereCase:
    """What the alert tells; it is kept with the message until that leaves, so `excerpt` and `author` are masked."""

    brand: str
    timezone: str
    case_id: int
    severity: int
    confidence: float
    reasons: tuple[str, ...]
    parties: tuple[str, ...]
    platform: str
    author: str
    excerpt: str
    language: str
    posted_at: str
    post_count: int
    reach: int
    link: str


def as_content(alert: SevereCase) -> dict[str, object]:
    """Return the alert as plain values, to be kept until it is sent."""
    values = asdict(alert)
    return values | {"reasons": list(alert.reasons), "parties": list(alert.parties)}


def wording(content: dict[str, object]) -> Wording:
    """Return subject, text and HTML of the alert kept as `content`."""
    alert = SevereCase(**content)  # type: ignore[arg-type]
    posted_at = datetime.fromisoformat(alert.posted_at).astimezone(ZoneInfo(alert.timezone))
    return render(
        KIND,
        subject=f"[{alert.brand}] Severe complaint, case {alert.case_id}",
        alert=alert,
        severity=Severity(alert.severity).words,
        reasons=_reasons(alert.reasons),
        platform=platform_words(alert.platform),
        parties=[Party(party).value for party in alert.parties],
        posted_at=f"{posted_at:%a %d %b %Y, %H:%M %Z}",
        confidence=round(alert.confidence * 100),
    )


def _reasons(names: Sequence[str]) -> list[str]:
    """Return the likeliest reasons in words, and how many more there are."""
    words = [Reason(name).words for name in names[:SHOWN_REASONS]]
    more = len(names) - len(words)
    return [*words, f"{more} more"] if more else words
