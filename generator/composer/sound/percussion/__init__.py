"""Drums that are not of the drum kit, by the functions that make them."""
