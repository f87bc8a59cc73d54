"""WaveSpeed's contract, served: /api/v3/ (docs/api.md)."""
