"""Names in words, for what is kept under a short name."""

from core.taxonomy import Party
from core.types import CaseStatus

STATUS_WORDS = {
    CaseStatus.NEW: "New",
    CaseStatus.OPEN: "Open",
    CaseStatus.WAITING: "Waiting for the customer",
    CaseStatus.RESOLVED: "Resolved",
    CaseStatus.DISMISSED: "Not a complaint",
}
PARTY_WORDS = {
    Party.BRAND: "Brand",
    Party.COURIER: "Courier",
    Party.SUPPLIER: "Supplier",
    Party.UNCLEAR: "Unclear who",
}


def initials(name: str) -> str:
    """Return the first letters of the first and the last word of a name."""
    words = name.split()
    return "".join(word[0] for word in dict.fromkeys((words[0], words[-1]))).upper() if words else ""
