"""Only posts that a model has read, or that belong to a case, are in the full-text index.

Indexing the words of a post took four times as long as storing it, and collecting waited for that. The index of authors
goes, which no query used: an author's cases are found by theirs.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# An index with external content must be told the very words that it was given, and never words that it was not.
SQLITE = (
    "INSERT INTO post_search(post_search, rowid, text, title, author, author_name) "
    "SELECT 'delete', id, text, title, author, author_name FROM post WHERE classified_with = '' AND case_id IS NULL",
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
SQLITE_BEFORE = (
    "CREATE TRIGGER post_search_insert AFTER INSERT ON post BEGIN "
    "INSERT INTO post_search(rowid, text, title, author, author_name) "
    "VALUES (new.id, new.text, new.title, new.author, new.author_name); END",
    "CREATE TRIGGER post_search_delete AFTER DELETE ON post BEGIN "
    "INSERT INTO post_search(post_search, rowid, text, title, author, author_name) "
    "VALUES ('delete', old.id, old.text, old.title, old.author, old.author_name); END",
    "CREATE TRIGGER post_search_update AFTER UPDATE OF text, title, author, author_name ON post BEGIN "
    "INSERT INTO post_search(post_search, rowid, text, title, author, author_name) "
    "VALUES ('delete', old.id, old.text, old.title, old.author, old.author_name); "
    "INSERT INTO post_search(rowid, text, title, author, author_name) "
    "VALUES (new.id, new.text, new.title, new.author, new.author_name); END",
    "INSERT INTO post_search(post_search) VALUES ('rebuild')",
)
POSTGRESQL_BEFORE = (
    "CREATE INDEX post_search ON post USING gin (to_tsvector('simple', "
    "left(text, 200000) || ' ' || left(title, 2000) || ' ' || left(author, 500) || ' ' || left(author_name, 500)))"
)
POSTGRESQL = f"{POSTGRESQL_BEFORE} WHERE classified_with <> '' OR case_id IS NOT NULL"
WITH_CASE = sa.text("case_id IS NOT NULL")


def upgrade() -> None:
    _replace(SQLITE, POSTGRESQL)
    op.drop_index("ix_post_author", "post")
    op.drop_index("ix_post_case", "post")
    op.create_index(
        "ix_post_case", "post", ["case_id", "posted_at"], sqlite_where=WITH_CASE, postgresql_where=WITH_CASE
    )


def downgrade() -> None:
    op.drop_index("ix_post_case", "post")
    op.create_index("ix_post_case", "post", ["case_id", "posted_at"])
    op.create_index("ix_post_author", "post", ["brand_id", "platform", "author", "posted_at"])
    _replace(SQLITE_BEFORE, POSTGRESQL_BEFORE)


def _replace(triggers: tuple[str, ...], index: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for trigger in ("post_search_update", "post_search_delete", "post_search_insert"):
            op.execute(f"DROP TRIGGER {trigger}")
        for statement in triggers:
            op.execute(statement)
    else:
        op.execute("DROP INDEX post_search")
        op.execute(index)
