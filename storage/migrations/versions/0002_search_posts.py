"""Full-text search over posts: FTS5 on SQLite, a tsvector index on PostgreSQL."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SQLITE = (
    "CREATE VIRTUAL TABLE post_search USING fts5(text, title, author, author_name, "
    "content='post', content_rowid='id', tokenize='unicode61 remove_diacritics 2', prefix='2 3')",
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
# A tsvector holds at most 1 MB, and a longer post must not fail to be stored: its first part is indexed.
POSTGRESQL = (
    "CREATE INDEX post_search ON post USING gin (to_tsvector('simple', "
    "left(text, 200000) || ' ' || left(title, 2000) || ' ' || left(author, 500) || ' ' || left(author_name, 500)))",
)


def upgrade() -> None:
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for trigger in ("post_search_update", "post_search_delete", "post_search_insert"):
            op.execute(f"DROP TRIGGER {trigger}")
        op.execute("DROP TABLE post_search")
    else:
        op.execute("DROP INDEX post_search")
