"""Takes that several tests measure are made once."""

from functools import lru_cache

from generator.composer import ComposerControls, Composition, compose, read_brief


@lru_cache(maxsize=30)
def made(style: str, seed: int = 1, length_s: float = 14.0, **controls: object) -> Composition:
    asked = ComposerControls(length_s=length_s, style=style, **controls)  # type: ignore[arg-type]
    return compose(read_brief("", asked, seed=seed))
