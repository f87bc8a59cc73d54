"""The only code that changes a generation's state or writes the ledger.

    submit ─► queue ─► compose (local)  ─► ingest ─► ending ─► money
                   └─► sweep ─► attend ─► collect ─┘

Doors call what is named here; the background calls `tasks`.
"""

from generator.workflow import (
    accounts,
    actions,
    audit,
    catalogue,
    comparing,
    house,
    library,
    media,
    members,
    money,
    moving,
    news,
    people,
    projects,
    references,
    renditions,
    review,
    sharing,
    stems,
)
from generator.workflow.actions import retry
from generator.workflow.comparing import submit_many
from generator.workflow.control import cancel, dismiss, rescue
from generator.workflow.history import Progress, progress
from generator.workflow.order import Quote
from generator.workflow.refused import Refused
from generator.workflow.submit import clean_settings, heard, price_line, quote, quote_many, submit

__all__ = [
    "Progress",
    "Quote",
    "Refused",
    "accounts",
    "actions",
    "audit",
    "cancel",
    "catalogue",
    "clean_settings",
    "comparing",
    "dismiss",
    "heard",
    "house",
    "library",
    "media",
    "members",
    "money",
    "moving",
    "news",
    "people",
    "price_line",
    "progress",
    "projects",
    "quote",
    "quote_many",
    "references",
    "renditions",
    "rescue",
    "retry",
    "review",
    "sharing",
    "stems",
    "submit",
    "submit_many",
]
