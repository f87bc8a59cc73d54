"""Parsing of a text: tokens, words of nine languages, quantities, the scope of negations, and places in the piece.

`facts.read` returns everything that a text says. There are no defaults here: what the composer makes of the facts is
decided one level up.
"""
