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
