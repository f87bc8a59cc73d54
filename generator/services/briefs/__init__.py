"""Briefs: what a model understands of one, settings saved as presets, and several of them with one price.

One request and its life are in `services/generation`.
"""
