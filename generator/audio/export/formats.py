"""The file formats that can be exported, as data, and the choice of settings within what each of them can hold."""

from collections.abc import Mapping
from dataclasses import dataclass

from generator.audio.editing.recipe import Format

MP3_RATES_HZ = (44_100, 48_000)
ALL_RATES_HZ = (44_100, 48_000, 96_000)


class ExportError(ValueError):
    """Settings that a format cannot hold; `field` is the setting, `choices` what it may be."""

    def __init__(self, field: str, format: str, choices: tuple[int, ...]) -> None:
        self.field, self.format, self.choices = field, format, choices
        super().__init__(f"{format}: {field} is one of {', '.join(map(str, choices)) or 'none'}")


@dataclass(frozen=True)
class FileFormat:
    """What a format can hold. Lossy formats have bit rates (bits per second) and no bits per sample.

    `has_loop` says whether a loop in it is exact and can be marked. The frames of MP3 and AAC have a fixed
    length, and most players add silence at both ends.
    """

    code: str
    extension: str
    mime: str
    title: str
    rates: tuple[int, ...]
    bits: tuple[int, ...] = ()
    bit_rates: tuple[int, int] | None = None
    bit_rate: int | None = None
    has_vbr: bool = False
    has_loop: bool = True


FILE_FORMATS: Mapping[str, FileFormat] = {
    each.code: each
    for each in (
        FileFormat(
            "mp3", "mp3", "audio/mpeg", "MP3", MP3_RATES_HZ,
            bit_rates=(64_000, 320_000), bit_rate=256_000, has_vbr=True, has_loop=False,
        ),
        FileFormat(
            "m4a", "m4a", "audio/mp4", "AAC", (44_100, 48_000, 96_000),
            bit_rates=(64_000, 320_000), bit_rate=256_000, has_loop=False,
        ),
        FileFormat(
            "ogg", "ogg", "audio/ogg", "Ogg Vorbis", ALL_RATES_HZ,
            bit_rates=(64_000, 320_000), bit_rate=192_000, has_vbr=True,
        ),
        FileFormat("opus", "opus", "audio/ogg", "Opus", (48_000,), bit_rates=(32_000, 320_000), bit_rate=128_000),
        FileFormat("flac", "flac", "audio/flac", "FLAC", ALL_RATES_HZ, bits=(16, 24)),
        FileFormat("wav", "wav", "audio/wav", "WAV", ALL_RATES_HZ, bits=(16, 24, 32)),
        FileFormat("aiff", "aiff", "audio/aiff", "AIFF", ALL_RATES_HZ, bits=(16, 24, 32), has_loop=False),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """How a file is written; every value is one that its format can hold. 32 bits are floating point."""

    format: FileFormat
    rate: int
    channels: int
    bits: int | None = None
    bit_rate: int | None = None
    vbr_quality: int | None = None


def choose_settings(step: Format, rate: int, channels: int, bits: int = 16) -> Settings:
    """Return the settings of a recipe's format; what it leaves open follows the sound.

    Raises:
        ExportError: the format cannot hold a value of the recipe.
    """
    kind = FILE_FORMATS[step.format]
    chosen_rate = step.rate if step.rate is not None else _nearest_rate(rate, kind.rates)
    if chosen_rate not in kind.rates:
        raise ExportError("rate", kind.code, kind.rates)
    if step.bits is not None and step.bits not in kind.bits:
        raise ExportError("bits", kind.code, kind.bits)
    if step.bit_rate is not None and (
        kind.bit_rates is None or not kind.bit_rates[0] <= step.bit_rate <= kind.bit_rates[1]
    ):
        raise ExportError("bit_rate", kind.code, kind.bit_rates or ())
    if step.vbr_quality is not None and not kind.has_vbr:
        raise ExportError("vbr_quality", kind.code, ())
    chosen_bits = step.bits or (bits if bits in kind.bits else max(kind.bits)) if kind.bits else None
    bit_rate = None if step.vbr_quality is not None else step.bit_rate or kind.bit_rate
    return Settings(kind, chosen_rate, step.channels or channels, chosen_bits, bit_rate, step.vbr_quality)


def _nearest_rate(rate: int, rates: tuple[int, ...]) -> int:
    """Return the rate itself, the next higher one, or the highest."""
    return min((each for each in rates if each >= rate), default=max(rates))
