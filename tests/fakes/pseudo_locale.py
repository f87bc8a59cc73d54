"""A pseudo-locale: every text that `.ci/messages` collects is shown with a mark in front, all others as they are."""

import os
import re
import subprocess
from pathlib import Path

MARK = "⟦"
ROOT = Path(__file__).resolve().parents[2]


def write_catalog(folder: Path) -> None:
    """Collect the studio's texts with the script that CI uses, and write them, marked, as the locale `en`."""
    collected, marked = folder / "collected.po", folder / "marked.po"
    environment = os.environ | {"CATALOG": str(collected), "DJANGO_SETTINGS_MODULE": "bgmsite.settings"}
    subprocess.run([ROOT / ".ci/messages"], env=environment, check=True)
    completed = subprocess.run(["msgen", collected], check=True, capture_output=True, encoding="utf-8")
    header, *entries = completed.stdout.split("\n\n")
    entries = [re.sub(r'^(msgstr(?:\[\d\])? ")', rf"\1{MARK}", entry, flags=re.MULTILINE) for entry in entries]
    marked.write_text("\n\n".join([header, *entries]), "utf-8")
    target = folder / "en/LC_MESSAGES/django.mo"
    target.parent.mkdir(parents=True)
    subprocess.run(["msgfmt", "--output-file", target, marked], check=True)
