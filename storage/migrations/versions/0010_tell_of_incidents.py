"""Alert rules that open incidents: what these hold, who is to be told, who is not, and what links are signed with."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
RULE_TIMES = ("snoozed_until", "digested_at", "looked_at")
FACT_BITS = ("reason_bits", "party_bits")  # filled as all is counted anew, by other rules
INCIDENT_TIMES = ("told_at", "calm_since", "snoozed_until")


def _create_index_where(name: str, table: str, column: str, condition: str) -> None:
    op.create_index(name, table, [column], sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))


def upgrade() -> None:
    _add_columns()
    # What was told before there were rules is over: nothing would ever end it.
    op.execute("UPDATE incident SET resolved_at = opened_at, told_at = opened_at, told_count = 1")
    _create_index_where("ix_incident_open", "incident", "rule_id", "resolved_at is null")
    op.create_table(
        "incident_item",
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("began_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("told_at", TIME, nullable=True),
        sa.Column("acknowledged_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"]),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"]),
        sa.PrimaryKeyConstraint("incident_id", "key"),
    )
    op.create_index("ix_incident_item_case_id", "incident_item", ["case_id"])
    op.create_table(
        "telling",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("news", sa.String(32), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("sent_on_at", TIME, nullable=True),
        sa.Column("outbox_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"]),
        sa.ForeignKeyConstraint(["rule_id"], ["alert_rule.id"]),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_telling_incident_id", "telling", ["incident_id"])
    op.create_index("ix_telling_told", "telling", ["recipient", "sent_on_at"])
    _create_index_where("ix_telling_waiting", "telling", "recipient", "sent_on_at is null")
    _create_small_tables()
    op.create_index("ix_report_cell_place", "report_cell", ["platform", "courier", "day", "brand_id"])
    for name in FACT_BITS:
        op.add_column("report_fact", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))


def _add_columns() -> None:
    op.add_column("brand", sa.Column("has_starter_rules", sa.Boolean(), nullable=False, server_default=sa.false()))
    for name in RULE_TIMES:
        op.add_column("alert_rule", sa.Column(name, TIME, nullable=True))
    op.add_column("alert_rule", sa.Column("trouble", sa.Text(), nullable=False, server_default=""))
    for name in ("reason", "courier", "acknowledged_by"):
        op.add_column("incident", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.add_column("incident", sa.Column("title", sa.Text(), nullable=False, server_default=""))
    op.add_column("incident", sa.Column("told_count", sa.Integer(), nullable=False, server_default="0"))
    for name in INCIDENT_TIMES:
        op.add_column("incident", sa.Column(name, TIME, nullable=True))
    op.add_column("outbox", sa.Column("channel", sa.String(32), nullable=False, server_default="email"))


def _create_small_tables() -> None:
    op.create_table(
        "alert_mute",
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("muted_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["rule_id"], ["alert_rule.id"]),
        sa.PrimaryKeyConstraint("rule_id", "recipient"),
    )
    op.create_table(
        "dead_address",
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("refused_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("address"),
    )
    op.create_table(
        "signing_key",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def downgrade() -> None:
    for name in FACT_BITS:
        op.drop_column("report_fact", name)
    op.drop_index("ix_report_cell_place", "report_cell")
    for table in ("signing_key", "dead_address", "alert_mute", "telling", "incident_item"):
        op.drop_table(table)
    op.drop_index("ix_incident_open", "incident")
    op.drop_column("outbox", "channel")
    for name in (*INCIDENT_TIMES, "told_count", "title", "acknowledged_by", "courier", "reason"):
        op.drop_column("incident", name)
    for name in ("trouble", *RULE_TIMES):
        op.drop_column("alert_rule", name)
    op.drop_column("brand", "has_starter_rules")
