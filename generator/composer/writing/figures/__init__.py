"""Figures: varied bars of accompaniment, generated bass lines, rhythms and development of motifs, and solos.

Not here: the patterns from which accompaniment starts (patterns.py), and chords (harmony/).
"""
