"""Harmony: rules of the kinds of music, and the chords of every section generated from a style's progressions.

Not here: chords, scales and voice leading as such (theory.py), and how players break a chord (accompaniment.py).
"""
