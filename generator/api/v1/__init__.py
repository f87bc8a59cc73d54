"""The studio's own API."""
