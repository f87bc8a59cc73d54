"""The vocabulary of every language, in one tuple."""

from generator.composer.text.vocabulary import Language
from generator.composer.text.vocabulary.asian import CHINESE, JAPANESE, KOREAN
from generator.composer.text.vocabulary.english import ENGLISH
from generator.composer.text.vocabulary.german import GERMAN
from generator.composer.text.vocabulary.names import NAMES
from generator.composer.text.vocabulary.romance import FRENCH, ITALIAN, PORTUGUESE, SPANISH

__all__ = ["INTERNATIONAL", "LANGUAGES", "Language"]

LANGUAGES = (ENGLISH, NAMES, GERMAN, FRENCH, SPANISH, ITALIAN, PORTUGUESE, JAPANESE, CHINESE, KOREAN)
# Words that many languages use, which tell nothing about the language of a text.
INTERNATIONAL = frozenset(
    ("minutes", "seconds", "hours", "bpm", "tempo", "key", "video", "videos", "film", "style", "type", "intro", "theme", "audio", "post",
     "instrumental", "content", "clip", "ost", "bgm", "youtube", "instagram", "tiktok", "project", "vibe", "vibes", "media", "social",
     "version", "genre", "reel", "reels", "long", "short", "score", "pop")
)  # fmt: skip
