"""What made a long post a complaint."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # With a default of the database's own this is one step that neither copies nor locks a long table.
    op.add_column("prediction", sa.Column("passages", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    with op.batch_alter_table("prediction") as table:
        table.drop_column("passages")
