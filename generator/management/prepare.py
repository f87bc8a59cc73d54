"""Everything a start needs before the processes run, each step skipped when its stamp says nothing has changed."""

import hashlib
import json
import secrets
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from generator.models import Project, User
from generator.workflow import catalogue, housekeeping, samples

FIRST_ADMIN = "admin@studio.local"
BOX = """
┌────────────────────────────────────────────────────────────┐
│  Your first administrator (shown this once)                │
│  {email:<56}  │
│  {password:<56}  │
└────────────────────────────────────────────────────────────┘"""


def prepare(admin_email: str, say: Callable[[str], None]) -> None:
    """Migrate, collect static files, know the catalogue, make the first administrator and the sample project."""
    stamps = _read_stamps()
    wanted = {"migrations": _migrations_hash(), "static": _static_hash()}
    if stamps.get("migrations") != wanted["migrations"]:
        call_command("migrate", verbosity=0, interactive=False)
        catalogue.sync()
        housekeeping.ensure_schedules()
    if stamps.get("static") != wanted["static"]:
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    if stamps != wanted:
        _write_stamps(wanted)
    if not User.objects.exists():
        _first_start(admin_email or FIRST_ADMIN, say)


def _first_start(email: str, say: Callable[[str], None]) -> None:
    password = secrets.token_urlsafe(12)
    admin = User.objects.create_superuser(email, password, name="Administrator")
    Project.objects.personal_for(admin)
    samples.seed(admin)
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


def _migrations_hash() -> str:
    """Changes with our migrations, the dependencies, the providers or the database."""
    parts = [path.name for path in sorted((settings.BASE_DIR / "generator" / "migrations").glob("*.py"))]
    parts += [(settings.BASE_DIR / "requirements.lock").read_text(), *settings.STUDIO_PROVIDERS]
    parts.append(str(settings.DATABASES["default"].get("NAME")) + str(settings.DATABASES["default"].get("HOST")))
    database = Path(settings.DATABASES["default"]["NAME"])
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        parts.append(str(database.exists()))  # a database that was deleted has to be made again
    parts += [f"{spec.key}" for spec in catalogue.registry().specs()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _static_hash() -> str:
    files = sorted((settings.BASE_DIR / "static").rglob("*"))
    facts = [f"{path.relative_to(settings.BASE_DIR)}:{path.stat().st_mtime_ns}" for path in files if path.is_file()]
    facts.append((settings.BASE_DIR / "requirements.lock").read_text())
    facts.append(str(Path(settings.STATIC_ROOT).exists()))
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()
