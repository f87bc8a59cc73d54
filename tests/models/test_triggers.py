"""All database triggers exist after every migration: a rebuilt table would have lost its own."""

from django.db import connection

SQLITE = {
    "generator_ledgerentry": {"no_update", "no_delete", "within_hold", "month_open"},
    "generator_generationevent": {"no_update", "no_delete"},
    "generator_auditlogentry": {"no_update", "no_delete"},
    "generator_closedmonth": {"no_update", "no_delete"},
    "generator_rollup": {"month_open_insert", "month_open_update", "month_open_delete"},
    "generator_track": {"fts_add", "fts_change", "fts_remove"},
}
POSTGRESQL = {
    "generator_ledgerentry": {"append_only", "within_hold", "month_open"},
    "generator_generationevent": {"append_only"},
    "generator_auditlogentry": {"append_only"},
    "generator_closedmonth": {"append_only"},
    "generator_rollup": {"month_open"},
}


def test_every_trigger_is_on_its_table(db):
    sql = {
        "sqlite": "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT event_object_table, trigger_name FROM information_schema.triggers",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(sql)
        found: dict[str, set[str]] = {}
        for table, name in cursor.fetchall():
            found.setdefault(table, set()).add(name.removeprefix(f"{table}_"))
    assert found == (SQLITE if connection.vendor == "sqlite" else POSTGRESQL)
