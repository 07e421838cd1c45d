"""Who said of a post that was left out that it is about the brand after all, and when."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("post", sa.Column("brought_back_at", sa.DateTime(timezone=True), nullable=True))
    member = sa.ForeignKey("member.id", name="fk_post_brought_back_by")
    if op.get_bind().dialect.name == "sqlite":  # which adds a reference with the column, and cannot name it
        op.execute("ALTER TABLE post ADD COLUMN brought_back_by INTEGER REFERENCES member(id)")
    else:
        op.add_column("post", sa.Column("brought_back_by", sa.Integer(), member, nullable=True))


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        raise NotImplementedError("SQLite cannot take the column away without copying all posts")
    op.drop_column("post", "brought_back_by")
    op.drop_column("post", "brought_back_at")
