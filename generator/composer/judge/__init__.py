"""The judge: whether prompts are understood and the music changes, measured independently of the composer's own means.

    prompts ─► understanding ─┐
    pieces  ─► audio, notes ──┼─► goals ─► report
    references (ranges) ──────┘

`python -m generator.composer.judge` draws prompts and seeds afresh. No module here is imported by the composer.
"""
