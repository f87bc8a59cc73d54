"""Connectors: which versions are in use, which one a generation keeps, and editing them with a dry run.

Not here: what a connector is and how it runs (`generator.providers.connectors`).
"""
