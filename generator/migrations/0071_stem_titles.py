"""Name the stems that were made before as a musician would, like those made now: "Game melody 2" is "Counter lead"."""

from collections import defaultdict
from typing import Any

from django.db import migrations

# Titles that the composer gave until then, and what it calls the same stems now. "Piano chords" is the name of another
# stem today, and stays.
TITLES = {
    "Airy pad": "Air pad",
    "Background sound": "Atmosphere",
    "Brass section": "Brass",
    "Chime": "Chimes",
    "Deep bass": "Sub bass",
    "Driven guitar": "Rhythm guitar",
    "Game bass": "Bass",
    "Game harmony": "Lead",
    "Game melody": "Arp",
    "Game melody 2": "Counter lead",
    "Glassy pad": "Glass pad",
    "Growling bass": "Reese bass",
    "Overdriven": "Lead guitar",
    "Plucked strings": "Pizzicato strings",
    "Plucked synth": "Synth pluck",
    "Shimmer": "Shimmer pad",
    "Soft piano": "Felt piano",
    "Soft synth melody": "Lead",
    "String section": "Strings",
    "Synth arpeggio": "Synth arp",
    "Synth chords": "Pads",
    "Synth melody": "Lead",
    "Wide synth": "Pads",
}


def rename(apps: Any, schema_editor: Any) -> None:
    """Rename stems of the composer; in each track, no two get the same title. Saved mixes know both titles."""
    stems = apps.get_model("generator", "Stem").objects.filter(generation__model__key__startswith="composer/")
    rows: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for pk, track_id, title in stems.order_by("track_id", "number").values_list("pk", "track_id", "title"):
        rows[track_id].append((pk, title))
    for titled in rows.values():
        used = {title for _pk, title in titled if _new(title) == title}
        for pk, title in titled:
            if (new := _new(title)) != title:
                new = _unused(new, used)
                used.add(new)
                stems.filter(pk=pk).update(title=new)


def _new(title: str) -> str:
    if title in TITLES:
        return TITLES[title]
    base, _, number = title.rpartition(" ")
    return f"{TITLES[base]} {number}" if base in TITLES and number.isdecimal() else title


def _unused(title: str, used: set[str]) -> str:
    number, candidate = 1, title
    while candidate in used:
        number += 1
        candidate = f"{title} {number}"
    return candidate


class Migration(migrations.Migration):
    dependencies = [("generator", "0070_presets_and_batches")]

    operations = [migrations.RunPython(rename, migrations.RunPython.noop, elidable=True)]
