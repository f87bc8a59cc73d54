"""The records: what the studio remembers. One concept a file; invariants a row can keep live in the database."""

from generator.models.action import ActionRun, Stem
from generator.models.asked import Asked, Upload
from generator.models.audit import AuditLine
from generator.models.books import Notice, ProviderBill, ProviderJob
from generator.models.catalogue import MusicModel, Price, ProviderAccount
from generator.models.comparison import Comparison
from generator.models.desk import ClosedMonth, Deed, Stop
from generator.models.generation import Delivery, Event, Generation, State
from generator.models.heartbeat import Heartbeat
from generator.models.house import HouseStyle
from generator.models.idempotency import IdempotencyRecord
from generator.models.installation import Installation
from generator.models.key import ApiKey, Scope
from generator.models.ledger import Budget, Entry, Rollup
from generator.models.licence import Licence
from generator.models.matter import BalanceReading, Matter
from generator.models.notification import NewsKind, Notification, NotificationChoice
from generator.models.origin import TrackCopy
from generator.models.project import Invitation, Membership, Project, Role
from generator.models.prompt import Prompt
from generator.models.raising import Raise, Warned
from generator.models.reference import Reference, ReferenceId
from generator.models.review import Approval, Comment
from generator.models.search import matching
from generator.models.sharing import PrivateTrack, ShareLink
from generator.models.track import Rendition, Star, Tag, Track
from generator.models.user import User
from generator.models.webhook import Webhook, WebhookMessage, WebhookTry

__all__ = [
    "ActionRun",
    "ApiKey",
    "Approval",
    "Asked",
    "AuditLine",
    "BalanceReading",
    "Budget",
    "ClosedMonth",
    "Comment",
    "Comparison",
    "Deed",
    "Delivery",
    "Entry",
    "Event",
    "Generation",
    "Heartbeat",
    "HouseStyle",
    "IdempotencyRecord",
    "Installation",
    "Invitation",
    "Licence",
    "Matter",
    "Membership",
    "MusicModel",
    "NewsKind",
    "Notice",
    "Notification",
    "NotificationChoice",
    "Price",
    "PrivateTrack",
    "Project",
    "Prompt",
    "ProviderAccount",
    "ProviderBill",
    "ProviderJob",
    "Raise",
    "Reference",
    "ReferenceId",
    "Rendition",
    "Role",
    "Rollup",
    "Scope",
    "ShareLink",
    "Star",
    "State",
    "Stem",
    "Stop",
    "Tag",
    "Track",
    "TrackCopy",
    "Upload",
    "User",
    "Warned",
    "Webhook",
    "WebhookMessage",
    "WebhookTry",
    "matching",
]
