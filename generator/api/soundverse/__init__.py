"""Soundverse's contract, served: /v5/ (docs/api.md)."""
