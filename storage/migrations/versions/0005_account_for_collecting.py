"""What collecting cost, what it missed, what posts said before, and which are not about the brand."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

LEFT_OUT = sa.text("left_out <> ''")


def upgrade() -> None:
    op.add_column("brand", sa.Column("query", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "source_usage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("posts", sa.Integer(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source_id", "month"),
    )
    with op.batch_alter_table("collected_window") as table:
        table.add_column(sa.Column("cost", sa.BigInteger(), nullable=False, server_default="0"))
        table.add_column(sa.Column("is_gap", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("fill_state", sa.String(32), nullable=False, server_default=""))
        table.add_column(sa.Column("fill_detail", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("fill_asked_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(
            sa.Column("fill_asked_by", sa.Integer(), sa.ForeignKey("member.id", name="fk_window_member"), nullable=True)
        )
    op.add_column("post", sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("post", sa.Column("gone_why", sa.Text(), nullable=False, server_default=""))
    op.add_column("post", sa.Column("relevance", sa.Float(), nullable=True))
    op.add_column("post", sa.Column("left_out", sa.Text(), nullable=False, server_default=""))
    op.drop_index("ix_post_source", "post")
    op.create_index("ix_post_checked", "post", ["source_id", "checked_at"])
    op.create_index(
        "ix_post_left_out", "post", ["brand_id", "posted_at"], sqlite_where=LEFT_OUT, postgresql_where=LEFT_OUT
    )
    op.create_table(
        "post_edit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_post_edit_post_id", "post_edit", ["post_id"])


def downgrade() -> None:
    op.drop_table("post_edit")
    op.drop_index("ix_post_left_out", "post")
    op.drop_index("ix_post_checked", "post")
    op.create_index("ix_post_source", "post", ["source_id"])
    for name in ("left_out", "relevance", "gone_why", "checked_at"):
        op.drop_column("post", name)
    with op.batch_alter_table("collected_window") as table:
        for name in ("fill_asked_by", "fill_asked_at", "fill_detail", "fill_state", "is_gap", "cost"):
            table.drop_column(name)
    op.drop_table("source_usage")
    op.drop_column("brand", "query")
