"""Search finds within Japanese, Chinese and Korean, and whatever the spelling: the index holds normalized terms."""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from generator.models.search import index_terms

CHUNK = 2000
SQLITE_BEFORE = [
    "DROP TRIGGER generator_track_fts_add",
    "DROP TRIGGER generator_track_fts_change",
    "DROP TRIGGER generator_track_fts_remove",
    "DROP TABLE generator_track_fts",
]
SQLITE_AFTER = [
    # The terms come ready: only spaces part them, and nothing is folded once more.
    "CREATE VIRTUAL TABLE generator_track_fts USING fts5(search_text, content='generator_track', "
    "content_rowid='id', tokenize=\"unicode61 remove_diacritics 0 categories 'L* N* M* Co'\", prefix='2 3')",
    "INSERT INTO generator_track_fts(generator_track_fts) VALUES ('rebuild')",
    "CREATE TRIGGER generator_track_fts_add AFTER INSERT ON generator_track BEGIN "
    "INSERT INTO generator_track_fts(rowid, search_text) VALUES (NEW.id, NEW.search_text); END",
    "CREATE TRIGGER generator_track_fts_change AFTER UPDATE OF search_text ON generator_track BEGIN "
    "INSERT INTO generator_track_fts(generator_track_fts, rowid, search_text) "
    "VALUES ('delete', OLD.id, OLD.search_text); "
    "INSERT INTO generator_track_fts(rowid, search_text) VALUES (NEW.id, NEW.search_text); END",
    "CREATE TRIGGER generator_track_fts_remove AFTER DELETE ON generator_track BEGIN "
    "INSERT INTO generator_track_fts(generator_track_fts, rowid, search_text) "
    "VALUES ('delete', OLD.id, OLD.search_text); END",
]
POSTGRESQL_BEFORE = [
    "SET CONSTRAINTS ALL IMMEDIATE",  # no table is altered while rows of it wait to be checked
    "ALTER TABLE generator_track DROP COLUMN search_vector",
]
POSTGRESQL_AFTER = [
    "ALTER TABLE generator_track ADD COLUMN search_vector tsvector GENERATED ALWAYS AS "
    "(array_to_tsvector(array_remove(string_to_array(search_text, ' '), ''))) STORED",
    "CREATE INDEX generator_track_search ON generator_track USING gin (search_vector)",
]


def reindex(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Without the index and its triggers, so that it is built once and not row by row."""
    sqlite = schema_editor.connection.vendor == "sqlite"
    with schema_editor.connection.cursor() as cursor:
        for statement in SQLITE_BEFORE if sqlite else POSTGRESQL_BEFORE:
            cursor.execute(statement)
        last = 0
        while rows := _rows(cursor, last):
            last = rows[-1][0]
            changed = [(index_terms(text), pk) for pk, text in rows]
            cursor.executemany("UPDATE generator_track SET search_text = %s WHERE id = %s", changed)
        for statement in SQLITE_AFTER if sqlite else POSTGRESQL_AFTER:
            cursor.execute(statement)


def _rows(cursor: Any, last: int) -> Any:
    cursor.execute("SELECT id, search_text FROM generator_track WHERE id > %s ORDER BY id LIMIT %s", [last, CHUNK])
    return cursor.fetchall()


class Migration(migrations.Migration):
    dependencies = [
        ("generator", "0053_estimates"),
    ]

    operations = [
        migrations.RunPython(reindex, migrations.RunPython.noop, elidable=False),
    ]
