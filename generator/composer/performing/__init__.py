"""Performing: from the notes of a score to what a player does with them, for the renderer and for MIDI alike."""
