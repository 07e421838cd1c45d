"""Who gets which cases."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from storage.tables.columns import time_field


class RoutingRule(SQLModel, table=True):
    """Sends the cases it describes to a member, or to whoever of a team is on shift; what is empty matches all.

    Rules are asked in the order of `position`, and the first that matches decides.
    """

    __tablename__ = "routing_rule"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    position: int = 0
    enabled: bool = True
    brand_id: int | None = Field(default=None, foreign_key="brand.id")
    platform: str = ""
    language: str = ""
    reason: str = ""
    least_severity: int = 0
    courier: str = ""
    team_id: int | None = Field(default=None, foreign_key="team.id")
    member_id: int | None = Field(default=None, foreign_key="member.id")
    created_at: datetime = time_field()
