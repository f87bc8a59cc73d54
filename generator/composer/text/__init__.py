"""Prompt parsing: from free text to the decisions a piece needs, and its title. No notes, no sound."""
