"""Downloads offered for a track: formats × loudness, and each person's last choice in a project.

Several formats in one download are a zip; their key joins them with a dash: "mp3-wav".
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from generator.audio import FORMATS
from generator.models import DownloadChoice, Project, ProjectDefaults, Track, User
from generator.services.errors import UserError
from generator.services.library import renditions
from generator.services.team.project_defaults import LOUDNESS

PACK = "mp3-wav"  # what editors and broadcasters are handed most often


@dataclass(frozen=True)
class Download:
    """One file, or one zip, that can be downloaded."""

    formats: str
    title: str
    lufs: str  # as in the address; empty: as made
    must_be_made: bool
    is_chosen: bool


@dataclass(frozen=True)
class LoudnessRow:
    title: str  # "−16 LUFS"
    hint: str  # "podcasts"
    reached: str  # where the peaks do not allow the target, the loudness that is reached
    downloads: tuple[Download, ...]


@dataclass(frozen=True)
class DownloadMenu:
    rows: tuple[LoudnessRow, ...]

    @property
    def chosen(self) -> tuple[LoudnessRow, Download]:
        """Return the download that is offered first, with its row."""
        return next((row, download) for row in self.rows for download in row.downloads if download.is_chosen)


def formats_of(key: str) -> tuple[str, ...]:
    """Return the formats of a download.

    Raises:
        UserError: one is not supported, or is repeated.
    """
    formats = tuple(key.split("-"))
    for name in formats:
        if name not in FORMATS or formats.count(name) > 1:
            sentence = _("“{format}” is not a supported format. Choose another.").format(format=key[:10])
            raise UserError(sentence, code="unsupported_format")
    return formats


def loudness_of(text: str) -> float | None:
    """Return the loudness in an address, None for an empty text.

    Raises:
        UserError: it is not a number.
    """
    try:
        return float(text) if text else None
    except ValueError:
        raise UserError(_("The loudness must be a number in LUFS."), "lufs", code="invalid_number") from None


def remember(user: User, project: Project, formats: str, lufs: float | None) -> None:
    """Keep what a person downloaded last in a project."""
    if last_choice(user, project) != (formats, lufs):
        DownloadChoice.objects.update_or_create(user=user, project=project, defaults={"formats": formats, "lufs": lufs})


def last_choice(user: User, project: Project) -> tuple[str, float | None] | None:
    return DownloadChoice.objects.filter(user=user, project=project).values_list("formats", "lufs").first()


def menu(track: Track, defaults: ProjectDefaults, last: tuple[str, float | None] | None) -> DownloadMenu:
    """Return the download menu of a track; load it with its generation's prompt. It makes no queries."""
    levels = _levels(track, defaults)
    formats, lufs = last or (renditions.usual_format(track), defaults.lufs)
    if lufs not in levels:
        lufs = None
    keys = tuple(dict.fromkeys((*FORMATS, PACK, formats)))
    return DownloadMenu(tuple(_row(track, keys, level, (formats, lufs)) for level in levels))


def _levels(track: Track, defaults: ProjectDefaults) -> tuple[float | None, ...]:
    if track.lufs is None:
        return (None,)
    usual = [float(level) for level in LOUDNESS]
    own = [] if defaults.lufs is None or defaults.lufs in usual else [defaults.lufs]
    return (None, *own, *usual)


def _row(track: Track, keys: Iterable[str], lufs: float | None, chosen: tuple[str, float | None]) -> LoudnessRow:
    level = renditions.levelled(track, lufs) if lufs is not None else None
    text = "" if lufs is None else f"{lufs:g}"
    downloads = tuple(
        Download(
            formats=key,
            title=" + ".join(name.upper() for name in key.split("-")),
            lufs=text,
            must_be_made=lufs is not None or key != track.format,
            is_chosen=(key, lufs) == chosen,
        )
        for key in keys
    )
    title, hint = _named(track, text)
    return LoudnessRow(title, hint, _number(level.lufs) if level and level.is_short else "", downloads)


def _named(track: Track, lufs: str) -> tuple[str, str]:
    """Return the title of a loudness, and what it is for: "−16 LUFS (podcasts)" in two parts."""
    if not lufs:
        return _("Original loudness"), "" if track.lufs is None else f"{_number(round(track.lufs, 1))} LUFS"
    title, _bracket, hint = str(LOUDNESS.get(lufs, f"{_number(float(lufs))} LUFS")).partition(" (")
    return title, hint.rstrip(")")


def _number(lufs: float) -> str:
    return f"{lufs:g}".replace("-", "−")
