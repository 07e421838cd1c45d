"""What a courier or a supplier is asked about a case: a member's own words and nothing else."""

from typing import Final

from alerts.rendering import Wording, render

KIND: Final = "handover"


def wording(content: dict[str, object]) -> Wording:
    """Return subject, text and HTML of the message kept as `content`."""
    return render(KIND, subject=str(content["subject"]), reply_to=str(content["reply_to"]), text=str(content["text"]))
