"""What the database itself keeps true: an append-only ledger and history, holds never overdrawn, search in step.

The same promises in two dialects; `SQL[vendor]` holds pairs of (do, undo).
"""

from django.core.management import call_command
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

APPEND_ONLY = ("generator_entry", "generator_event")

SQLITE = []
for table in APPEND_ONLY:
    for verb in ("UPDATE", "DELETE"):
        name = f"{table}_no_{verb.lower()}"
        SQLITE.append(
            (
                f"CREATE TRIGGER {name} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
                f"DROP TRIGGER {name}",
            )
        )
SQLITE += [
    (
        """
        CREATE TRIGGER generator_entry_within_hold BEFORE INSERT ON generator_entry
        WHEN NEW.kind IN ('charge', 'release')
        BEGIN
            SELECT RAISE(ABORT, 'a charge or release needs its hold, and room in it')
            WHERE COALESCE((SELECT SUM(CASE kind WHEN 'hold' THEN amount ELSE -amount END) FROM generator_entry
                            WHERE generation_id = NEW.generation_id AND kind IN ('hold', 'charge', 'release')), -1)
                  < NEW.amount;
        END
        """,
        "DROP TRIGGER generator_entry_within_hold",
    ),
    (
        "CREATE VIRTUAL TABLE generator_track_fts USING fts5(search_text, content='generator_track', "
        "content_rowid='id', tokenize='unicode61 remove_diacritics 2', prefix='2 3')",
        "DROP TABLE generator_track_fts",
    ),
    (
        "CREATE TRIGGER generator_track_fts_add AFTER INSERT ON generator_track BEGIN "
        "INSERT INTO generator_track_fts(rowid, search_text) VALUES (NEW.id, NEW.search_text); END",
        "DROP TRIGGER generator_track_fts_add",
    ),
    (
        "CREATE TRIGGER generator_track_fts_change AFTER UPDATE OF search_text ON generator_track BEGIN "
        "INSERT INTO generator_track_fts(generator_track_fts, rowid, search_text) "
        "VALUES ('delete', OLD.id, OLD.search_text); "
        "INSERT INTO generator_track_fts(rowid, search_text) VALUES (NEW.id, NEW.search_text); END",
        "DROP TRIGGER generator_track_fts_change",
    ),
    (
        "CREATE TRIGGER generator_track_fts_remove AFTER DELETE ON generator_track BEGIN "
        "INSERT INTO generator_track_fts(generator_track_fts, rowid, search_text) "
        "VALUES ('delete', OLD.id, OLD.search_text); END",
        "DROP TRIGGER generator_track_fts_remove",
    ),
]

POSTGRESQL = [
    (
        """
        CREATE FUNCTION generator_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$
        """,
        "DROP FUNCTION generator_refuse()",
    ),
    (
        """
        CREATE FUNCTION generator_within_hold() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.kind IN ('charge', 'release') AND COALESCE(
                (SELECT SUM(CASE kind WHEN 'hold' THEN amount ELSE -amount END) FROM generator_entry
                 WHERE generation_id = NEW.generation_id AND kind IN ('hold', 'charge', 'release')), -1) < NEW.amount
            THEN RAISE EXCEPTION 'a charge or release needs its hold, and room in it'
                 USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$
        """,
        "DROP FUNCTION generator_within_hold()",
    ),
    (
        "CREATE TRIGGER generator_entry_within_hold BEFORE INSERT ON generator_entry "
        "FOR EACH ROW EXECUTE FUNCTION generator_within_hold()",
        "DROP TRIGGER generator_entry_within_hold ON generator_entry",
    ),
    *(
        (
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION generator_refuse()",
            f"DROP TRIGGER {table}_append_only ON {table}",
        )
        for table in APPEND_ONLY
    ),
    (
        "ALTER TABLE generator_track ADD COLUMN search_vector tsvector "
        "GENERATED ALWAYS AS (to_tsvector('simple', search_text)) STORED",
        "ALTER TABLE generator_track DROP COLUMN search_vector",
    ),
    (
        "CREATE INDEX generator_track_search ON generator_track USING gin (search_vector)",
        "DROP INDEX generator_track_search",
    ),
]

SQL = {"sqlite": SQLITE, "postgresql": POSTGRESQL}


def add_rules(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for do, _ in SQL[schema_editor.connection.vendor]:
        schema_editor.execute(do, params=None)


def drop_rules(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for _, undo in reversed(SQL[schema_editor.connection.vendor]):
        schema_editor.execute(undo, params=None)


def add_cache_table(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("generator", "0001_initial")]
    operations = [
        migrations.RunPython(add_rules, drop_rules),
        migrations.RunPython(add_cache_table, migrations.RunPython.noop),
    ]
