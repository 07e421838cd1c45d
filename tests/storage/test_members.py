from datetime import datetime, timedelta

import pytest
from argon2 import PasswordHasher
from sqlmodel import select

from core.errors import InputError
from core.types import Role
from storage import members
from storage.database import Database
from storage.rows import id_of
from storage.tables import LoginSession, Member

PASSWORD = "a long enough one"


def add(database: Database, now: datetime, email: str = "Dana@Brindle.example", password: str | None = PASSWORD) -> int:
    with database.write() as session:
        return id_of(members.create_member(session, email, "Dana", Role.MANAGER, password, now))


def sign_in(database: Database, member_id: int, now: datetime) -> str:
    with database.write() as session:
        return members.start_session(session, member_id, now, "10.0.0.7", "Firefox")


def who(database: Database, token: str, now: datetime) -> str | None:
    with database.read() as session:
        member = members.member_of_session(session, token, now)
        return member.email if member else None


def test_email_is_kept_in_lower_case_and_found_in_any(any_database: Database, now: datetime) -> None:
    add(any_database, now)
    with any_database.read() as session:
        found = members.member_by_email(session, " DANA@brindle.EXAMPLE ")
        assert found is not None
        assert found.email == "dana@brindle.example"


@pytest.mark.parametrize(
    "email", ["", "dana", "a@b@c", "a b@c.example", "@c.example", "a@", "<i>@c.example", "a@.x", "a:b@x.example"]
)
def test_what_is_no_email_address_is_refused(database: Database, now: datetime, email: str) -> None:
    with pytest.raises(InputError, match="no e-mail address"):
        add(database, now, email)


def test_an_address_is_taken_once_in_whatever_case(database: Database, now: datetime) -> None:
    add(database, now)
    with pytest.raises(InputError, match="already a member"):
        add(database, now, "DANA@BRINDLE.EXAMPLE")


def test_short_password_is_refused(database: Database, now: datetime) -> None:
    with pytest.raises(InputError, match="at least 10"):
        add(database, now, password="short")


def test_nameless_member_is_refused(database: Database, now: datetime) -> None:
    with database.write() as session, pytest.raises(InputError, match="needs a name"):
        members.create_member(session, "a@b.example", " \0 ", Role.ADMIN, None, now)


def test_password_is_checked_and_never_stored(any_database: Database, now: datetime) -> None:
    add(any_database, now)
    with any_database.read() as session:
        assert members.check_password(session, "dana@brindle.example", PASSWORD) is not None
        assert members.check_password(session, "dana@brindle.example", PASSWORD + " ") is None
        assert members.check_password(session, "nobody@brindle.example", PASSWORD) is None
        assert PASSWORD not in session.exec(select(Member)).one().password_hash


def test_member_without_password_cannot_sign_in_with_one(database: Database, now: datetime) -> None:
    add(database, now, password=None)
    with database.read() as session:
        assert members.check_password(session, "dana@brindle.example", "") is None


def test_one_time_passwords_differ_and_are_readable() -> None:
    made = {members.one_time_password() for _ in range(50)}
    assert len(made) == 50
    assert all(len(password) == 19 and not set(password) & set("il1o0") for password in made)


def test_member_with_one_time_password_must_change_it(database: Database, now: datetime) -> None:
    with database.write() as session:
        once = members.one_time_password()
        member = members.create_member(session, "a@b.example", "A", Role.ADMIN, once, now, one_time=True)
        assert member.must_change_password
        members.set_password(session, id_of(member), PASSWORD, now)
        assert not member.must_change_password


def test_session_lasts_its_time_and_no_longer(any_database: Database, now: datetime) -> None:
    token = sign_in(any_database, add(any_database, now), now)
    almost = now + members.SESSION_LENGTH - timedelta(seconds=1)
    assert who(any_database, token, almost) == "dana@brindle.example"
    assert who(any_database, token, almost + timedelta(seconds=1)) is None


def test_token_is_not_stored(database: Database, now: datetime) -> None:
    token = sign_in(database, add(database, now), now)
    with database.read() as session:
        row = session.exec(select(LoginSession)).one()
        assert token not in row.model_dump_json()
        assert (row.address, row.agent) == ("10.0.0.7", "Firefox")


def test_made_up_token_is_nobody(any_database: Database, now: datetime) -> None:
    sign_in(any_database, add(any_database, now), now)
    for token in ("", "x", "x" * 5000, "\0", "é" * 40, "' OR 1=1 --"):
        assert who(any_database, token, now) is None


def test_signing_out_ends_one_browser_only(database: Database, now: datetime) -> None:
    member_id = add(database, now)
    first, second = sign_in(database, member_id, now), sign_in(database, member_id, now)
    with database.write() as session:
        members.end_session(session, first, now)
    assert who(database, first, now) is None
    assert who(database, second, now) is not None


def test_new_password_ends_all_other_sessions(any_database: Database, now: datetime) -> None:
    member_id = add(any_database, now)
    here, elsewhere = sign_in(any_database, member_id, now), sign_in(any_database, member_id, now)
    with any_database.write() as session:
        members.set_password(session, member_id, "another long one", now, keep_token=here)
    assert who(any_database, here, now) is not None
    assert who(any_database, elsewhere, now) is None


def test_new_password_must_be_new(database: Database, now: datetime) -> None:
    member_id = add(database, now)
    with database.write() as session, pytest.raises(InputError, match="choose another"):
        members.set_password(session, member_id, PASSWORD, now)


def test_disabled_member_is_out_at_once_and_cannot_come_back(any_database: Database, now: datetime) -> None:
    member_id = add(any_database, now)
    token = sign_in(any_database, member_id, now)
    with any_database.write() as session:
        members.disable_member(session, member_id, now)
    assert who(any_database, token, now) is None
    with any_database.read() as session:
        assert members.member_by_id(session, member_id) is None
        assert members.check_password(session, "dana@brindle.example", PASSWORD) is None
    with any_database.write() as session:
        members.enable_member(session, member_id)
        assert members.check_password(session, "dana@brindle.example", PASSWORD) is not None


def test_hash_of_former_days_is_renewed(database: Database, now: datetime) -> None:
    member_id = add(database, now)
    with database.write() as session:
        member = session.get_one(Member, member_id)
        member.password_hash = old = PasswordHasher(time_cost=1, memory_cost=8192).hash(PASSWORD)
        members.renew_hash(session, member_id, PASSWORD)
        assert member.password_hash != old
        renewed = member.password_hash
        members.renew_hash(session, member_id, PASSWORD)
        assert member.password_hash == renewed
        assert members.check_password(session, member.email, PASSWORD) is not None


def test_known_address_is_remembered(database: Database, now: datetime) -> None:
    sign_in(database, add(database, now), now)
    with database.read() as session:
        assert members.signed_in_from(session, "dana@brindle.example", "10.0.0.7", now - timedelta(days=1))
        assert not members.signed_in_from(session, "dana@brindle.example", "10.0.0.8", now - timedelta(days=1))
        assert not members.signed_in_from(session, "dana@brindle.example", "10.0.0.7", now + timedelta(seconds=1))


def test_browser_is_known_again_after_its_session(any_database: Database, now: datetime) -> None:
    token = sign_in(any_database, add(any_database, now), now)
    name = members.browser_name(token)
    with any_database.write() as session:
        members.end_session(session, token, now)
    with any_database.read() as session:
        assert members.is_known_browser(session, "Dana@brindle.example", name, now - timedelta(days=1))
        assert not members.is_known_browser(session, "omar@brindle.example", name, now - timedelta(days=1))
        assert not members.is_known_browser(session, "dana@brindle.example", name, now + timedelta(days=1))
        for made_up in ("", token, "\0", "x" * 5000):
            assert not members.is_known_browser(session, "dana@brindle.example", made_up, now)
    assert who(any_database, name, now) is None


def test_members_are_listed_by_name(database: Database, now: datetime) -> None:
    with database.write() as session:
        assert not members.has_members(session)
        for name in ("Zoe", "Abe"):
            members.create_member(session, f"{name}@b.example", name, Role.RESPONDER, None, now)
        assert [member.name for member in members.all_members(session)] == ["Abe", "Zoe"]
        assert members.has_members(session)
