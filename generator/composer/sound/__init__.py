"""Instrument sounds: sampled and synthesized instruments, drum kits, textures."""
