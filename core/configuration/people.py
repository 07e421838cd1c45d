"""The tables about who works: members, their teams, and the rules that send them cases."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from core.configuration.fields import Email, Name, Table, Whole, WorkingHours, Zone, one_of
from core.taxonomy import Reason
from core.types import Notify, Role


class MemberEntry(Table):
    """A [[members]] table; a password is set with `afterclick users passwd`, never in a file."""

    email: Email
    name: Name
    role: Role = Role.RESPONDER
    timezone: Zone = "UTC"
    shift: WorkingHours = Field(default_factory=list)
    most_cases: Whole | None = Field(default=None, ge=0, le=10_000)
    notify: Notify = Notify.AT_ONCE


class TeamEntry(Table):
    """A [[teams]] table; its members are named by their e-mail addresses."""

    name: Name
    members: list[Email] = Field(default_factory=list)


class RoutingEntry(Table):
    """A [[routing]] table: the cases that it describes go to a member or to a team."""

    name: Name
    brand: str = ""
    platform: str = ""
    language: Annotated[str, Field(max_length=20)] = ""
    reason: Annotated[str, AfterValidator(one_of(tuple(Reason), "reason"))] = ""
    least_severity: Whole = Field(default=0, ge=0, le=4)
    courier: str = ""
    team: str = ""
    member: str = ""
    enabled: bool = True

    @model_validator(mode="after")
    def _sends_to_somebody(self) -> Self:
        if not self.team and not self.member:
            raise ValueError("sends to nobody; name a team or a member")
        return self
