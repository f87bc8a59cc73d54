"""WaveSpeed's contract, served: /api/v3/, and the same under /api/v2/ for older clients (docs/api.md)."""
