"""Preparation before the processes start. Each step is skipped if its stamp shows that nothing has changed."""

import hashlib
import json
import secrets
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection

from generator.management import media_identity
from generator.management.file_permissions import close_to_others
from generator.models import Project, User
from generator.services.background import housekeeping
from generator.services.billing import roles
from generator.services.provider_jobs import catalog
from generator.services.team import sample_project, tour

BOX = """
┌────────────────────────────────────────────────────────────┐
│  Your first administrator (shown this once)                │
│  {email:<56}  │
│  {password:<56}  │
└────────────────────────────────────────────────────────────┘"""


def bootstrap(admin_email: str, say: Callable[[str], None]) -> None:
    """Bring everything up to date; if there are no users, create the first administrator and the sample project.

    Raises:
        media_identity.WrongMedia: the media folder does not belong to the database.
    """
    close_to_others(Path(settings.DATA_DIR))
    bring_up_to_date()
    media_identity.check()
    if not User.objects.exists():
        _first_start(admin_email or f"admin-{secrets.token_hex(3)}@studio.local", say)


def bring_up_to_date() -> None:
    """Run migrations, collect static files, and sync the catalog."""
    stamps = _read_stamps()
    if stamps.get("database") != _database_hash():
        call_command("migrate", verbosity=0, interactive=False)
        catalog.sync()
        roles.ensure_groups()
        housekeeping.ensure_schedules()
    if stamps.get("static") != _static_hash():
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    now = {"database": _database_hash(), "static": _static_hash()}
    if stamps != now:
        _write_stamps(now)


def _first_start(email: str, say: Callable[[str], None]) -> None:
    password = secrets.token_urlsafe(12)
    admin = User.objects.create_superuser(email, password, name="Administrator")
    Project.objects.personal_for(admin)
    sample_project.seed(admin)
    tour.begin(admin)
    say(BOX.format(email=email, password=password))


def _stamp_file() -> Path:
    return Path(settings.DATA_DIR) / "stamps.json"


def _read_stamps() -> dict[str, str]:
    try:
        return dict(json.loads(_stamp_file().read_text()))
    except (OSError, ValueError):
        return {}


def _write_stamps(stamps: dict[str, str]) -> None:
    _stamp_file().write_text(json.dumps(stamps))


def _database_hash() -> str:
    """Return a hash of our migrations, the dependencies, the providers, and the migrations applied to the database."""
    parts = [path.name for path in sorted((settings.BASE_DIR / "generator" / "migrations").glob("*.py"))]
    parts += [(settings.BASE_DIR / "requirements.lock").read_text(), *settings.STUDIO_PROVIDERS]
    parts += [spec.key for spec in catalog.registry().specs()]
    parts.append(_applied())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _applied() -> str:
    """Return what the database records of its migrations, so that a new, restored or different database is noticed."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT COUNT(*), MAX(applied) FROM django_migrations")
            return str(cursor.fetchone())
    except DatabaseError:
        return "none"


def _static_hash() -> str:
    files = sorted((settings.BASE_DIR / "static").rglob("*"))
    parts = [f"{path}:{path.stat().st_mtime_ns}" for path in files if path.is_file()]
    parts.append((settings.BASE_DIR / "requirements.lock").read_text())
    parts.append(str((Path(settings.STATIC_ROOT) / "staticfiles.json").exists()))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
