"""Where a brand's complaints begin; and the predictions of the last days, for the drift monitor."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("brand", sa.Column("threshold", sa.String(), nullable=False, server_default="balanced"))
    op.create_index("ix_prediction_model", "prediction", ["model_version", "created_at"])


def downgrade() -> None:
    op.drop_index("ix_prediction_model", "prediction")
    with op.batch_alter_table("brand") as table:
        table.drop_column("threshold")
