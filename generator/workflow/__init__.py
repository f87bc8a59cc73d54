"""The only code that changes a generation's state or writes the ledger.

    submit ─► queue ─► compose (local)  ─► ingest ─► ending ─► money
                   └─► sweep ─► attend ─► collect ─┘

Doors call what is named here; the background calls `tasks`.
"""

from generator.workflow import accounts, catalogue, comparing, library, media, money, people, renditions
from generator.workflow.comparing import submit_many
from generator.workflow.control import cancel, dismiss, rescue
from generator.workflow.history import Progress, progress
from generator.workflow.refused import Refused
from generator.workflow.submit import Quote, clean_settings, heard, price_line, quote, quote_many, retry, submit

__all__ = [
    "Progress",
    "Quote",
    "Refused",
    "accounts",
    "cancel",
    "catalogue",
    "clean_settings",
    "comparing",
    "dismiss",
    "heard",
    "library",
    "media",
    "money",
    "people",
    "price_line",
    "progress",
    "quote",
    "quote_many",
    "renditions",
    "rescue",
    "retry",
    "submit",
    "submit_many",
]
