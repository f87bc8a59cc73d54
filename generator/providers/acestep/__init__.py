"""ACE-Step 1.5 on a machine of the operator's: submitted once, then polled by id (docs/providers.md)."""

from generator.providers.acestep.client import provider

__all__ = ["provider"]
