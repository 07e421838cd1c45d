"""What the classifier predicts, the board shows and people correct to; docs/labels.md tells what each name means."""

from enum import IntEnum, StrEnum
from typing import Final


class ReasonGroup(StrEnum):
    """The four families of reasons."""

    DELIVERY = "delivery"
    SERVICE = "service"
    PRODUCT = "product"
    OTHER = "other"


class Reason(StrEnum):
    """Why a post is a complaint; several may hold. The order is the order of the classifier's outputs."""

    LATE = "late"
    MISSED = "missed"
    UNANNOUNCED = "unannounced"
    LOST = "lost"
    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"
    NO_TRACKING = "no_tracking"
    UNREACHABLE = "unreachable"
    NO_REPLY = "no_reply"
    UNHELPFUL = "unhelpful"
    BROKEN_PROMISE = "broken_promise"
    BILLING = "billing"
    REFUND = "refund"
    WEBSITE = "website"
    FAULTY = "faulty"
    OTHER = "other"

    @property
    def group(self) -> ReasonGroup:
        """The family that this reason belongs to."""
        return _GROUPS[self]

    @property
    def words(self) -> str:
        """The reason as a responder reads it."""
        return _WORDS[self]


class Severity(IntEnum):
    """How far the author of a complaint goes; 0 is no complaint."""

    NONE = 0
    NO_REPROACH = 1
    DISAPPROVAL = 2
    ACCUSATION = 3
    BLAME = 4

    @property
    def words(self) -> str:
        """The level as a responder reads it."""
        return ("Not a complaint", "Asks for help", "Annoyed", "Accuses", "Condemns")[self]


class Party(StrEnum):
    """Who is named at fault; several may hold, none where nobody is."""

    BRAND = "brand"
    COURIER = "courier"
    SUPPLIER = "supplier"
    UNCLEAR = "unclear"


_DELIVERY: Final = (
    Reason.LATE,
    Reason.MISSED,
    Reason.UNANNOUNCED,
    Reason.LOST,
    Reason.DAMAGED,
    Reason.WRONG_ITEM,
    Reason.NO_TRACKING,
)
_SERVICE: Final = (
    Reason.UNREACHABLE,
    Reason.NO_REPLY,
    Reason.UNHELPFUL,
    Reason.BROKEN_PROMISE,
    Reason.BILLING,
    Reason.REFUND,
    Reason.WEBSITE,
)
_GROUPS: Final[dict[Reason, ReasonGroup]] = {
    **dict.fromkeys(_DELIVERY, ReasonGroup.DELIVERY),
    **dict.fromkeys(_SERVICE, ReasonGroup.SERVICE),
    Reason.FAULTY: ReasonGroup.PRODUCT,
    Reason.OTHER: ReasonGroup.OTHER,
}
_WORDS: Final[dict[Reason, str]] = {
    Reason.LATE: "Late",
    Reason.MISSED: "“Sorry we missed you”",
    Reason.UNANNOUNCED: "Came unannounced",
    Reason.LOST: "Lost or not received",
    Reason.DAMAGED: "Damaged",
    Reason.WRONG_ITEM: "Wrong or missing item",
    Reason.NO_TRACKING: "No tracking",
    Reason.UNREACHABLE: "Nobody to reach",
    Reason.NO_REPLY: "No reply",
    Reason.UNHELPFUL: "Unhelpful",
    Reason.BROKEN_PROMISE: "Broken promise",
    Reason.BILLING: "Billing",
    Reason.REFUND: "Refund or return",
    Reason.WEBSITE: "Website or app",
    Reason.FAULTY: "Faulty product",
    Reason.OTHER: "Other",
}
