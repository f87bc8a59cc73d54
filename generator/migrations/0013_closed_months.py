"""What the database keeps true of closed months: no entry and no roll-up with their name any more; deeds stay.

The same promises in two dialects; `SQL[vendor]` holds pairs of (do, undo). A later migration that makes one of these
tables anew on SQLite loses its triggers: tests/models/test_triggers.py counts them.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

APPEND_ONLY = ("generator_closedmonth", "generator_deed")
IS_CLOSED = "EXISTS (SELECT 1 FROM generator_closedmonth WHERE month = {row}.month)"

SQLITE = [
    (
        "CREATE TRIGGER generator_entry_month_open BEFORE INSERT ON generator_entry "
        f"WHEN {IS_CLOSED.format(row='NEW')} OR NEW.month <> substr(NEW.day, 1, 7) "
        "BEGIN SELECT RAISE(ABORT, 'the month is closed, or not that of the day'); END",
        "DROP TRIGGER generator_entry_month_open",
    ),
    *(
        (
            f"CREATE TRIGGER generator_rollup_month_open_{verb.lower()} BEFORE {verb} ON generator_rollup "
            f"WHEN {' OR '.join(IS_CLOSED.format(row=row) for row in rows)} "
            "BEGIN SELECT RAISE(ABORT, 'the month is closed'); END",
            f"DROP TRIGGER generator_rollup_month_open_{verb.lower()}",
        )
        for verb, rows in {"INSERT": ["NEW"], "UPDATE": ["NEW", "OLD"], "DELETE": ["OLD"]}.items()
    ),
    *(
        (
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
            f"DROP TRIGGER {table}_no_{verb.lower()}",
        )
        for table in APPEND_ONLY
        for verb in ("UPDATE", "DELETE")
    ),
]

REFUSE = (
    "THEN RAISE EXCEPTION 'the month is closed, or not that of the day' "
    "USING ERRCODE = 'integrity_constraint_violation'; END IF; "
)
POSTGRESQL = [
    (
        "CREATE FUNCTION generator_month_open() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {IS_CLOSED.format(row='NEW')} OR NEW.month <> to_char(NEW.day, 'YYYY-MM') {REFUSE}"
        "RETURN NEW; END $$",
        "DROP FUNCTION generator_month_open()",
    ),
    (
        "CREATE TRIGGER generator_entry_month_open BEFORE INSERT ON generator_entry "
        "FOR EACH ROW EXECUTE FUNCTION generator_month_open()",
        "DROP TRIGGER generator_entry_month_open ON generator_entry",
    ),
    (
        "CREATE FUNCTION generator_rollup_open() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP <> 'INSERT' THEN IF {IS_CLOSED.format(row='OLD')} {REFUSE} END IF; "
        f"IF TG_OP <> 'DELETE' THEN IF {IS_CLOSED.format(row='NEW')} {REFUSE} RETURN NEW; END IF; "
        "RETURN OLD; END $$",
        "DROP FUNCTION generator_rollup_open()",
    ),
    (
        "CREATE TRIGGER generator_rollup_month_open BEFORE INSERT OR UPDATE OR DELETE ON generator_rollup "
        "FOR EACH ROW EXECUTE FUNCTION generator_rollup_open()",
        "DROP TRIGGER generator_rollup_month_open ON generator_rollup",
    ),
    *(
        (
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION generator_refuse()",
            f"DROP TRIGGER {table}_append_only ON {table}",
        )
        for table in APPEND_ONLY
    ),
]

SQL = {"sqlite": SQLITE, "postgresql": POSTGRESQL}


def add_rules(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for do, _ in SQL[schema_editor.connection.vendor]:
        schema_editor.execute(do, params=None)


def drop_rules(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for _, undo in reversed(SQL[schema_editor.connection.vendor]):
        schema_editor.execute(undo, params=None)


class Migration(migrations.Migration):
    dependencies = [("generator", "0012_billing_desk")]
    operations = [migrations.RunPython(add_rules, drop_rules)]
