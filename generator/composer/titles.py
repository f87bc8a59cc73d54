"""Titles from the brief: an image of its use or style, coloured by the mood heard; never the same twice a run."""

import random

from generator.composer.brief import Brief
from generator.composer.styles import STYLES

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
    """Name a take; other takes of the same brief get other names."""
    dice = random.Random(f"{brief.seed}/{brief.style}/title")
    images = [*USE_IMAGES.get(brief.use, ()), *STYLES[brief.style].images]
    first = USE_IMAGES.get(brief.use, ())
    dice.shuffle(images)
    if first:  # what it is for names the first take
        images.sort(key=lambda image: image not in first)
    image = images[(take - 1) % len(images)]
    mood = dice.choice(brief.moods) if brief.moods else ""
    if not mood or image in first:  # a use's image says enough; with a mood in front it turns odd
        return image
    words = ADJECTIVES[mood]
    adjective = words[(dice.randrange(len(words)) + take) % len(words)]
    return image if adjective.lower() in image.lower() or len(image.split()) > 2 else f"{adjective} {image}"
