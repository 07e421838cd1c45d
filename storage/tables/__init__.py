"""All tables, one file a part: what is listened to, posts, work on cases, people, alerting."""

from storage.tables.alerting import AlertRule, Incident, Outbox, OutboxState
from storage.tables.brands import Brand, CollectedWindow, Courier, ShipmentCount, Source, SourceState, WindowState
from storage.tables.cases import Case, CaseEvent, EventKind, Label, Note, Promise, PromiseState, Reply, ReplyState
from storage.tables.members import LoginSession, Member
from storage.tables.posts import PostRow, PredictionRow
from storage.tables.views import ReplyTemplate, SavedView

__all__ = [
    "AlertRule",
    "Brand",
    "Case",
    "CaseEvent",
    "CollectedWindow",
    "Courier",
    "EventKind",
    "Incident",
    "Label",
    "LoginSession",
    "Member",
    "Note",
    "Outbox",
    "OutboxState",
    "PostRow",
    "PredictionRow",
    "Promise",
    "PromiseState",
    "Reply",
    "ReplyState",
    "ReplyTemplate",
    "SavedView",
    "ShipmentCount",
    "Source",
    "SourceState",
    "WindowState",
]
