"""What a rule told stays to be read when the rule is deleted, and counts towards how many mails a person gets."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("telling") as table:
        table.alter_column("rule_id", existing_type=sa.Integer(), nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM telling WHERE rule_id IS NULL")
    with op.batch_alter_table("telling") as table:
        table.alter_column("rule_id", existing_type=sa.Integer(), nullable=False)
