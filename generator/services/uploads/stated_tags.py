"""Tags of a track as they are stated now; its own file keeps those that it was made or added with."""

from dataclasses import replace

from generator.audio import Tags
from generator.models import Track


def as_stated(track: Track, tags: Tags) -> Tags:
    """Return the tags with the ISRC, and of an upload the credit and the license, that are stated."""
    tags = replace(tags, isrc=track.isrc or tags.isrc)
    upload = track.uploads.filter(is_stem=False).first()
    return replace(tags, artist=upload.credit, license=upload.license_text) if upload else tags
