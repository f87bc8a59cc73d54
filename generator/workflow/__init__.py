"""The only code that changes a generation's state or writes the ledger.

    submit ─► queue ─► compose (local)  ─► ingest ─► ending ─► money
                   └─► sweep ─► attend ─► collect ─┘

Doors call what is named here; the background calls `tasks`.
"""

from generator.workflow import (
    accounts,
    actions,
    audit,
    caps,
    catalogue,
    closing,
    comparing,
    follow,
    house,
    ingest,
    keys,
    library,
    media,
    members,
    money,
    moving,
    news,
    offboarding,
    parts,
    people,
    projects,
    raising,
    references,
    renditions,
    review,
    reviewing,
    sharing,
    sketch,
    stems,
    stops,
    versions,
    warnings,
    watch,
    webhooks,
)
from generator.workflow.actions import retry
from generator.workflow.comparing import submit_many
from generator.workflow.control import cancel, dismiss, rescue
from generator.workflow.history import Progress, progress
from generator.workflow.order import Quote
from generator.workflow.refused import Refused
from generator.workflow.submit import choice_of, clean_settings, heard, price_line, quote, quote_many, submit

__all__ = [
    "Progress",
    "Quote",
    "Refused",
    "accounts",
    "actions",
    "audit",
    "cancel",
    "caps",
    "catalogue",
    "choice_of",
    "clean_settings",
    "closing",
    "comparing",
    "dismiss",
    "follow",
    "heard",
    "house",
    "ingest",
    "keys",
    "library",
    "media",
    "members",
    "money",
    "moving",
    "news",
    "offboarding",
    "parts",
    "people",
    "price_line",
    "progress",
    "projects",
    "quote",
    "quote_many",
    "raising",
    "references",
    "renditions",
    "rescue",
    "retry",
    "review",
    "reviewing",
    "sharing",
    "sketch",
    "stems",
    "stops",
    "submit",
    "submit_many",
    "versions",
    "warnings",
    "watch",
    "webhooks",
]
