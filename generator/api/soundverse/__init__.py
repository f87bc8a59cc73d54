"""Soundverse's contract, served: /v5/ (docs/api_soundverse.md).

asked     what a client sends, and which of the studio's models answers it
refusals  the contract's errors
told      what it hears: chunks in one of two framings, or a single answer
views     the addresses
openapi   the contract as a document
"""
