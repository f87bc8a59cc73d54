"""Titles from the brief: an image of its use or style, colored by the detected mood; a different one for each take."""

import random

from generator.composer.styles import STYLES
from generator.composer.text.prompt_parsing import Brief

ADJECTIVES = {
    "warm": ("Warm", "Golden", "Amber"),
    "rainy": ("Rainy", "Grey", "Drizzling"),
    "sad": ("Quiet", "Parting", "Hollow"),
    "happy": ("Sunny", "Bright", "Skipping"),
    "calm": ("Still", "Slow", "Resting"),
    "energetic": ("Electric", "Racing", "Restless"),
    "upbeat": ("Rising", "Lively", "Springing"),
    "dark": ("Dark", "Shadowed", "Midnight"),
    "dreamy": ("Drifting", "Hazy", "Half-Asleep"),
    "hopeful": ("Hopeful", "New", "Clear"),
    "mysterious": ("Hidden", "Veiled", "Unlit"),
    "nostalgic": ("Faded", "Remembered", "Old"),
    "romantic": ("Tender", "Velvet", "Rose"),
    "playful": ("Tumbling", "Winking", "Hopping"),
    "epic": ("Mighty", "Towering", "Endless"),
    "aggressive": ("Burning", "Iron", "Clenched"),
    "tense": ("Tightening", "Breathless", "Thin"),
    "emotional": ("Open", "Aching", "Deep"),
    "elegant": ("Silken", "Polished", "Evening"),
    "solemn": ("Grave", "Candlelit", "Silent"),
}
USE_IMAGES = {
    "cooking video": ("Simmer", "Sunday Kitchen", "Butter and Thyme", "Copper Pan"),
    "podcast": ("Between Voices", "Cold Open", "Second Question"),
    "game": ("Next Level", "Checkpoint", "Open World"),
    "intro": ("Curtain Up", "Here We Go", "First Frame"),
    "vlog": ("Window Seat", "Day Trip", "Postcard"),
    "study": ("Page Turner", "Desk Lamp", "Quiet Hour"),
    "wedding": ("First Dance", "Promise", "Two Rings"),
    "product": ("Fresh Take", "Unboxed", "In Your Hands"),
    "documentary": ("Field Notes", "Long Lens", "Wide Country"),
    "fashion": ("Runway", "Silk", "Front Row"),
    "kids": ("Paper Rocket", "Hopscotch", "Toy Parade"),
}


def title(brief: Brief, take: int) -> str:
    """Return the title of a take; other takes of the same brief get different titles."""
    rng = random.Random(f"{brief.seed}/{brief.style}/title")
    images = [*USE_IMAGES.get(brief.use, ()), *STYLES[brief.style].images]
    use_images = USE_IMAGES.get(brief.use, ())
    rng.shuffle(images)
    if use_images:  # images of the use come first
        images.sort(key=lambda image: image not in use_images)
    image = images[(take - 1) % len(images)]
    mood = rng.choice(brief.moods) if brief.moods else ""
    if not mood or image in use_images:  # an image of the use needs no mood in front of it
        return image
    adjectives = ADJECTIVES[mood]
    adjective = adjectives[(rng.randrange(len(adjectives)) + take) % len(adjectives)]
    return image if adjective.lower() in image.lower() or len(image.split()) > 2 else f"{adjective} {image}"
