"""Teams, shifts and routing; snoozing, merging and handing over; who looks at a case and what members are told."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
CASE_TIMES = ("routed_at", "route_again_at", "take_up_by", "returned_at", "snoozed_until")
CASE_INDEXES = {
    "ix_cases_unrouted": ("id", "routed_at is null"),
    "ix_cases_route_again": ("route_again_at", "route_again_at is not null"),
    "ix_cases_take_up": ("take_up_by", "take_up_by is not null"),
    "ix_cases_snoozed": ("snoozed_until", "snoozed_until is not null"),
}


# What the list is filtered by stands in the indexes that hold its order: a filter that few cases pass would otherwise
# read all of them.
FILTERED = (
    *("brand_id", "platform", "severity", "unsure", "assignee_id", "team_id", "language", "courier"),
    *("reason_bits", "party_bits", "merged_into_id"),
)
QUEUE_INDEXES = {
    "ix_cases_queue_urgent": ["status", "priority", "id", *FILTERED, "last_posted_at", "due_at"],
    "ix_cases_queue_newest": ["status", "last_posted_at", "id", *FILTERED, "due_at"],
    "ix_cases_queue_due": ["status", "due_at", "id", *FILTERED, "last_posted_at"],
}
FOUND_INDEXES = {
    "ix_cases_author": ["author_key", "platform", "last_posted_at"],
    "ix_cases_platform": ["platform"],
    "ix_cases_courier": ["courier"],
    "ix_cases_language": ["language"],
}
REASONS = "late missed unannounced lost damaged wrong_item no_tracking unreachable no_reply unhelpful broken_promise "
REASONS += "billing refund website faulty other"
PARTIES = "brand courier supplier unclear"
# The search finds cases, so only posts of cases are in it, and each entry says of which case: to look that up for every
# post with a common word took longer than to find them. An entry of SQLite's index has the number case * 2^32 + post.
# The index keeps no words but those it finds by: it must be told the very words that it was given to forget them.
SEARCH_COLUMNS = ("text", "title", "author", "author_name")
SEARCHED = ", ".join(SEARCH_COLUMNS)


def _entry(row: str) -> str:
    return f"({row}.case_id << 32) | {row}.id, " + ", ".join(f"{row}.{name}" for name in SEARCH_COLUMNS)


ADD_ENTRY = f"INSERT INTO post_search(rowid, {SEARCHED}) SELECT {_entry('new')} WHERE new.case_id IS NOT NULL; "
DROP_ENTRY = (
    f"INSERT INTO post_search(post_search, rowid, {SEARCHED}) "
    f"SELECT 'delete', {_entry('old')} WHERE old.case_id IS NOT NULL; "
)
CHANGED = " OR ".join(f"old.{name} <> new.{name}" for name in SEARCH_COLUMNS)
SQLITE_SEARCH = (
    f"CREATE VIRTUAL TABLE post_search USING fts5({SEARCHED}, content='', tokenize='unicode61 remove_diacritics 2')",
    f"INSERT INTO post_search(rowid, {SEARCHED}) SELECT {_entry('post')} FROM post "  # noqa: S608
    "WHERE case_id IS NOT NULL ORDER BY 1",
    f"CREATE TRIGGER post_search_insert AFTER INSERT ON post WHEN new.case_id IS NOT NULL BEGIN {ADD_ENTRY}END",
    f"CREATE TRIGGER post_search_delete AFTER DELETE ON post WHEN old.case_id IS NOT NULL BEGIN {DROP_ENTRY}END",
    f"CREATE TRIGGER post_search_update AFTER UPDATE OF {SEARCHED}, case_id ON post "
    f"WHEN old.case_id IS NOT new.case_id OR {CHANGED} BEGIN {DROP_ENTRY}{ADD_ENTRY}END",
)
# As core.searching folds words: lower case, Latin letters without accents; signs are blanks. A vector holds at most
# 1 MB, and a longer post must not fail to be stored: its first part is searched.
SIGNS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~¡¿«»·•–—…‘’‚“”„‹›、。，！？：；（）'
POSTGRESQL_SEARCH = (
    "CREATE TABLE post_search (post_id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL, words TSVECTOR NOT NULL)",
    "CREATE FUNCTION post_search_words(words TEXT) RETURNS TSVECTOR LANGUAGE sql IMMUTABLE AS $$ "
    "SELECT to_tsvector('simple', normalize(regexp_replace(normalize(lower("
    f"translate(words, 'ς''' || $signs${SIGNS}$signs$, 'σ' || repeat(' ', {len(SIGNS) + 1}))"
    "), NFD), '([a-z])[\u0300-\u036f]+', '\\1', 'g'), NFC)) $$",
    "CREATE FUNCTION post_search_entry(post post) RETURNS TSVECTOR LANGUAGE sql IMMUTABLE AS $$ "
    "SELECT post_search_words(left(post.text, 100000) || ' ' || left(post.title, 2000) || ' ' || "
    "left(post.author, 500) || ' ' || left(post.author_name, 500)) $$",
    "CREATE FUNCTION post_search_follow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "IF TG_OP <> 'INSERT' THEN DELETE FROM post_search WHERE post_id = old.id; END IF; "
    "IF TG_OP <> 'DELETE' THEN "
    "INSERT INTO post_search SELECT new.id, new.case_id, post_search_entry(new) WHERE new.case_id IS NOT NULL; "
    "END IF; RETURN NULL; END $$",
    "INSERT INTO post_search SELECT id, case_id, post_search_entry(post) FROM post WHERE case_id IS NOT NULL",
    "CREATE INDEX post_search_found ON post_search USING gin (words)",
    "CREATE INDEX post_search_case ON post_search (case_id)",
    "CREATE TRIGGER post_search_insert AFTER INSERT ON post FOR EACH ROW WHEN (new.case_id IS NOT NULL) "
    "EXECUTE FUNCTION post_search_follow()",
    "CREATE TRIGGER post_search_delete AFTER DELETE ON post FOR EACH ROW WHEN (old.case_id IS NOT NULL) "
    "EXECUTE FUNCTION post_search_follow()",
    f"CREATE TRIGGER post_search_update AFTER UPDATE OF {SEARCHED}, case_id ON post FOR EACH ROW "
    f"WHEN (old.case_id IS DISTINCT FROM new.case_id OR {CHANGED}) EXECUTE FUNCTION post_search_follow()",
)
# As migration 0006 left it.
SQLITE_SEARCH_BEFORE = (
    f"CREATE VIRTUAL TABLE post_search USING fts5({SEARCHED}, "
    "content='post', content_rowid='id', tokenize='unicode61 remove_diacritics 2', prefix='2 3')",
    f"INSERT INTO post_search(rowid, {SEARCHED}) SELECT id, {SEARCHED} FROM post "  # noqa: S608
    "WHERE classified_with <> '' OR case_id IS NOT NULL",
    "CREATE TRIGGER post_search_insert AFTER INSERT ON post "
    "WHEN new.classified_with <> '' OR new.case_id IS NOT NULL BEGIN "
    "INSERT INTO post_search(rowid, text, title, author, author_name) "
    "VALUES (new.id, new.text, new.title, new.author, new.author_name); END",
    "CREATE TRIGGER post_search_delete AFTER DELETE ON post "
    "WHEN EXISTS (SELECT 1 FROM post_search_docsize WHERE id = old.id) BEGIN "
    "INSERT INTO post_search(post_search, rowid, text, title, author, author_name) "
    "VALUES ('delete', old.id, old.text, old.title, old.author, old.author_name); END",
    "CREATE TRIGGER post_search_update "
    "AFTER UPDATE OF text, title, author, author_name, classified_with, case_id ON post "
    "WHEN old.text <> new.text OR old.title <> new.title OR old.author <> new.author "
    "OR old.author_name <> new.author_name OR NOT EXISTS (SELECT 1 FROM post_search_docsize WHERE id = old.id) BEGIN "
    "INSERT INTO post_search(post_search, rowid, text, title, author, author_name) "
    "SELECT 'delete', old.id, old.text, old.title, old.author, old.author_name "
    "WHERE EXISTS (SELECT 1 FROM post_search_docsize WHERE id = old.id); "
    "INSERT INTO post_search(rowid, text, title, author, author_name) "
    "SELECT new.id, new.text, new.title, new.author, new.author_name "
    "WHERE new.classified_with <> '' OR new.case_id IS NOT NULL; END",
)
POSTGRESQL_SEARCH_BEFORE = (
    "CREATE INDEX post_search ON post USING gin (to_tsvector('simple', "
    "left(text, 200000) || ' ' || left(title, 2000) || ' ' || left(author, 500) || ' ' || left(author_name, 500))) "
    "WHERE classified_with <> '' OR case_id IS NOT NULL",
)


def upgrade() -> None:
    op.create_table(
        "supplier",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "team",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "team_member",
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"]),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"]),
        sa.PrimaryKeyConstraint("team_id", "member_id"),
    )
    op.create_table(
        "routing_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=True),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("least_severity", sa.Integer(), nullable=False),
        sa.Column("courier", sa.String(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"]),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"]),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "upkeep",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("after_id", sa.Integer(), nullable=False),
        sa.Column("done_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.execute("INSERT INTO upkeep (name, mark, after_id) VALUES ('couriers_of_cases', '', 0)")
    _widen_old_tables()
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("mailed_at", TIME, nullable=True),
        sa.Column("outbox_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"]),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_notice_case_id", "notice", ["case_id"])
    _create_index_where("ix_notice_unmailed", "notice", ["member_id", "created_at"], "mailed_at is null")
    op.create_table(
        "presence",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("typing_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"]),
        sa.PrimaryKeyConstraint("case_id", "member_id"),
    )
    op.create_table(
        "note_draft",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"]),
        sa.PrimaryKeyConstraint("case_id", "member_id"),
    )
    op.create_table(
        "handover",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("outbox_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"]),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_handover_case_id", "handover", ["case_id"])
    _create_undo_steps()
    _create_reports()
    _index_queue()
    _index_search()


def _create_undo_steps() -> None:
    op.create_table(
        "undo_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("done_at", TIME, nullable=False),
        sa.Column("undone_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_undo_step_member", "undo_step", ["member_id", "act"])


def _create_reports() -> None:
    op.create_table(
        "report_fact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("courier", sa.String(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_report_fact_case_id", "report_fact", ["case_id"])
    op.create_index("ix_report_fact_day", "report_fact", ["brand_id", "day"])
    op.create_table(
        "report_cell",
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("courier", sa.String(), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"]),
        sa.PrimaryKeyConstraint("brand_id", "day", "platform", "courier"),
    )
    op.create_table(
        "report_stale_day",
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"]),
        sa.PrimaryKeyConstraint("brand_id", "day"),
    )
    op.create_table(
        "report_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("from_at", TIME, nullable=True),
        sa.Column("from_event", sa.Integer(), nullable=False),
        sa.Column("seen_at", TIME, nullable=True),
        sa.Column("seen_event", sa.Integer(), nullable=False),
        sa.Column("brands", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute("INSERT INTO report_state (id, from_event, seen_event, brands) VALUES (1, 0, 0, '{}')")
    op.create_index("ix_cases_brand_first", "cases", ["brand_id", "first_posted_at"])


def _index_queue() -> None:
    for name, kept, words in (("reason_bits", "reasons", REASONS), ("party_bits", "parties", PARTIES)):
        op.add_column("cases", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
        has = "CASE WHEN CAST({} AS TEXT) LIKE '%\"{}\"%' THEN {} ELSE 0 END"
        bits = " + ".join(has.format(kept, word, 1 << bit) for bit, word in enumerate(words.split()))
        op.execute(f"UPDATE cases SET {name} = {bits}")  # noqa: S608
    for name in ("ix_cases_queue_urgent", "ix_cases_queue_newest", "ix_cases_due"):
        op.drop_index(name, "cases")
    for name, columns in {**QUEUE_INDEXES, **FOUND_INDEXES}.items():
        op.create_index(name, "cases", columns)
    _create_index_where("ix_cases_merged", "cases", ["merged_into_id"], "merged_into_id is not null")
    _create_index_where("ix_post_author", "post", ["author", "platform", "posted_at"], "case_id is null")


def _index_search() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _drop_sqlite_search()
        _execute(SQLITE_SEARCH)
    else:
        op.execute("DROP INDEX post_search")
        _execute(POSTGRESQL_SEARCH)


def _drop_sqlite_search() -> None:
    for trigger in ("post_search_update", "post_search_delete", "post_search_insert"):
        op.execute(f"DROP TRIGGER {trigger}")
    op.execute("DROP TABLE post_search")


def _execute(statements: tuple[str, ...]) -> None:
    for statement in statements:
        op.execute(sa.text(statement.replace(":", "\\:")))


def _widen_old_tables() -> None:
    op.add_column("brand", sa.Column("hours", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("brand", sa.Column("take_up_minutes", sa.Integer(), nullable=False, server_default="60"))
    op.add_column("member", sa.Column("timezone", sa.String(), nullable=False, server_default="UTC"))
    op.add_column("member", sa.Column("shift", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("member", sa.Column("away_until", TIME, nullable=True))
    op.add_column("member", sa.Column("most_cases", sa.Integer(), nullable=True))
    op.add_column("member", sa.Column("notify", sa.String(32), nullable=False, server_default="at_once"))
    op.add_column("member", sa.Column("last_routed_at", TIME, nullable=True))
    op.add_column("cases", sa.Column("courier", sa.String(), nullable=False, server_default=""))
    for name in CASE_TIMES:
        op.add_column("cases", sa.Column(name, TIME, nullable=True))
    # In words that both databases take: through Alembic, SQLite would have to copy a table that others point to.
    op.execute("ALTER TABLE cases ADD COLUMN team_id INTEGER REFERENCES team (id)")
    op.execute("ALTER TABLE cases ADD COLUMN merged_into_id INTEGER REFERENCES cases (id)")
    op.execute("UPDATE cases SET routed_at = updated_at")  # rules are for what comes after them
    for name, (column, condition) in CASE_INDEXES.items():
        _create_index_where(name, "cases", [column], condition)


def _create_index_where(name: str, table: str, columns: list[str], condition: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))


def _unindex_search() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _drop_sqlite_search()
        _execute(SQLITE_SEARCH_BEFORE)
        return
    for trigger in ("post_search_update", "post_search_delete", "post_search_insert"):
        op.execute(f"DROP TRIGGER {trigger} ON post")
    for function in ("post_search_follow()", "post_search_entry(post)", "post_search_words(text)"):
        op.execute(f"DROP FUNCTION {function}")
    op.execute("DROP TABLE post_search")
    _execute(POSTGRESQL_SEARCH_BEFORE)


def _unindex_queue() -> None:
    op.drop_index("ix_post_author", "post")
    for name in ("ix_cases_merged", *FOUND_INDEXES, *QUEUE_INDEXES):
        op.drop_index(name, "cases")
    _create_index_where("ix_cases_due", "cases", ["due_at"], "due_at is not null")
    op.create_index("ix_cases_queue_urgent", "cases", ["status", "priority", "id"])
    op.create_index("ix_cases_queue_newest", "cases", ["status", "last_posted_at", "id"])
    for name in ("party_bits", "reason_bits"):
        op.drop_column("cases", name)


def downgrade() -> None:
    _unindex_search()
    _unindex_queue()
    op.drop_index("ix_cases_brand_first", "cases")
    for table in ("report_state", "report_stale_day", "report_cell", "report_fact"):
        op.drop_table(table)
    for table in ("undo_step", "handover", "note_draft", "presence", "notice"):
        op.drop_table(table)
    for name in CASE_INDEXES:
        op.drop_index(name, "cases")
    for name in ("merged_into_id", "team_id", *CASE_TIMES, "courier"):
        op.drop_column("cases", name)
    for name in ("last_routed_at", "notify", "most_cases", "away_until", "shift", "timezone"):
        op.drop_column("member", name)
    op.drop_column("brand", "take_up_minutes")
    op.drop_column("brand", "hours")
    for table in ("upkeep", "routing_rule", "team_member", "team", "supplier"):
        op.drop_table(table)
