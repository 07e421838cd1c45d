"""An index of the few posts that were brought back: they are looked for with every batch that is read."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BROUGHT_BACK = sa.text("brought_back_at IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_post_brought_back",
        "post",
        ["brand_id", "posted_at"],
        sqlite_where=BROUGHT_BACK,
        postgresql_where=BROUGHT_BACK,
    )


def downgrade() -> None:
    op.drop_index("ix_post_brought_back", "post")
