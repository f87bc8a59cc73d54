"""WaveSpeed's contract, served at /api/v3/, and at /api/v2/ for older clients (docs/api_wavespeed.md)."""
