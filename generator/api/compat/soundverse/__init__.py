"""Soundverse's contract, served under /v5/ (docs/api_soundverse.md)."""
