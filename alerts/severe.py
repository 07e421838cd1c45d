"""Mails about single severe cases that a version without alert rules wrote and that still wait: they leave as others.

An update loses none of them; nothing writes such a message any more.
"""

from dataclasses import fields
from typing import Any

from alerts.incident import wording as incident_wording
from alerts.rendering import Wording
from alerts.telling import Told, ToldIncident, ToldItem, as_content

KIND = "severe_case"


def wording(content: dict[str, object]) -> Wording:
    """Return subject, text and HTML of such a mail."""
    posted_at = str(content["posted_at"])
    said: dict[str, Any] = {each.name: content[each.name] for each in fields(ToldItem) if each.name in content}
    for name in ("reasons", "parties"):
        said[name] = tuple(said[name])
    item = ToldItem(**(said | {"words": "", "at": posted_at}))
    incident = ToldIncident(
        incident_id=0,
        brand=str(content["brand"]),
        rule="Severe case",
        kind="severe",
        news="opened",
        title="Severe case",
        summary="A severe complaint needs someone.",
        opened_at=posted_at,
        items=(item,),
        link=item.link,
    )
    return incident_wording(as_content(Told(timezone=str(content["timezone"]), incidents=(incident,))))
