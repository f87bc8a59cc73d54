"""The built-in composer as a provider: free, offline, run in one of our worker processes."""

from generator.providers.builtin.client import provider

__all__ = ["provider"]
