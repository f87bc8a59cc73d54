"""Loudness targets of the places where audio is delivered, each with its source."""

from collections.abc import Mapping
from dataclasses import dataclass

from generator.messages import gettext_noop


@dataclass(frozen=True)
class Destination:
    """Where a file goes. `lufs` None leaves the loudness as it is; `mono_lufs` None means the same as for stereo.

    `tolerance_lu` is how far from the target the source accepts a file.
    """

    code: str
    title: str
    lufs: float | None
    true_peak_dbtp: float
    source: str
    address: str
    mono_lufs: float | None = None
    tolerance_lu: float = 1.0

    def target_lufs(self, channels: int) -> float | None:
        """Return the loudness target for a mono or stereo file."""
        return self.mono_lufs if channels == 1 and self.mono_lufs is not None else self.lufs


_ALL = (
    Destination(
        "podcast",
        gettext_noop("Podcast"),
        -16.0,
        -1.0,
        "Apple Podcasts for Creators, Audio requirements; −19 for mono, which two loudspeakers play 3 dB louder: "
        "AES TD1008, Recommendations for Loudness of Internet Audio Streaming and On-Demand Distribution",
        "https://podcasters.apple.com/support/893-audio-requirements",
        mono_lufs=-19.0,
    ),
    Destination(
        "streaming",
        gettext_noop("Web and streaming"),
        -14.0,
        -1.0,
        "Spotify for Artists, Loudness normalization; louder masters than −14 are asked to stay below −2 dBTP",
        "https://support.spotify.com/artists/article/loudness-normalization/",
    ),
    Destination(
        "apple_music",
        "Apple Music",
        -16.0,
        -1.0,
        "Apple Digital Masters, about headroom; it names no loudness. −16 is what Sound Check plays at, as reported by "
        "Production Expert, Apple Choose −16LUFS Loudness Level For Apple Music, after AES TD1008",
        "https://www.apple.com/apple-music/apple-digital-masters/docs/apple-digital-masters.pdf",
    ),
    Destination(
        "broadcast_ebu",
        gettext_noop("Broadcast (EBU R 128)"),
        -23.0,
        -1.0,
        "EBU R 128, Loudness normalisation and permitted maximum level of audio signals; ±0.2 LU in measurements of "
        "finished programs, ±1 LU in production",
        "https://tech.ebu.ch/publications/r128",
        tolerance_lu=0.2,
    ),
    Destination(
        "broadcast_ebu_strict",
        gettext_noop("Broadcast (EBU R 128, −2 dBTP)"),
        -23.0,
        -2.0,
        "EBU R 128 with the headroom of EBU Tech 3344 for broadcasters that encode with losses",
        "https://tech.ebu.ch/publications/tech3344",
        tolerance_lu=0.2,
    ),
    Destination(
        "broadcast_atsc",
        gettext_noop("Broadcast (ATSC A/85)"),
        -24.0,
        -2.0,
        "ATSC A/85, Techniques for Establishing and Maintaining Audio Loudness for Digital Television",
        "https://www.atsc.org/atsc-documents/a85-techniques-for-establishing-and-maintaining-audio-loudness-for-digital-television/",
        tolerance_lu=2.0,
    ),
    Destination(
        "game",
        gettext_noop("Game, console and PC"),
        -23.0,
        -1.0,
        "Sony ASWG-R001, Average Loudness and Peak Levels of Audio Content on Sony Computer Entertainment Platforms",
        "https://www.audiokinetic.com/library/edge/?source=Help&id=loudness_measurement_scopes",
        tolerance_lu=2.0,
    ),
    Destination(
        "game_mobile",
        gettext_noop("Game, handheld and phone"),
        -18.0,
        -1.0,
        "Sony ASWG-R001, Average Loudness and Peak Levels of Audio Content on Sony Computer Entertainment Platforms",
        "https://www.audiokinetic.com/library/edge/?source=Help&id=loudness_measurement_scopes",
        tolerance_lu=2.0,
    ),
    Destination(
        "cinema",
        gettext_noop("Cinema"),
        None,
        -1.0,
        "SMPTE RP 200: the mix is balanced by ear in a calibrated room, so its loudness is left as it is",
        "https://ieeexplore.ieee.org/document/7290323",
    ),
)

DESTINATIONS: Mapping[str, Destination] = {destination.code: destination for destination in _ALL}
