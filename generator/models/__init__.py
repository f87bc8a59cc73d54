"""The records: what the studio stores. One concept per file; invariants that a row can keep are in the database."""

from generator.models.api_key import ApiKey, Scope
from generator.models.audit_log import AuditLogEntry
from generator.models.batch import Batch, BatchItem
from generator.models.budget_increase import BudgetAlert, BudgetIncrease
from generator.models.catalog import (
    UPLOAD_PROVIDER,
    UPLOADED_STEMS,
    UPLOADED_TRACK,
    MusicModel,
    Price,
    ProviderAccount,
)
from generator.models.client_request import ClientRequest, Upload
from generator.models.closed_month import ClosedMonth
from generator.models.comparison import Comparison
from generator.models.connector import ConnectorUse, ConnectorVersion
from generator.models.download_choice import DownloadChoice
from generator.models.edit import Edit, EditState, GridChange, TrackStructure, VoiceOver
from generator.models.fallback import Fallback
from generator.models.feedback import Approval, ApprovalRequest, Comment
from generator.models.generation import Generation, GenerationEvent, RemoteOutput, State
from generator.models.heartbeat import Heartbeat
from generator.models.idempotency import IdempotencyRecord
from generator.models.imported_model import ImportedModel, ImportedVersion
from generator.models.installation import Installation
from generator.models.ledger import Budget, LedgerEntry, Rollup
from generator.models.license import License
from generator.models.notification import Notification, NotificationKind, NotificationPreference
from generator.models.pack import Pack, PackItem, PackState
from generator.models.preset import Preset
from generator.models.project import Invitation, Membership, Project, Role
from generator.models.project_defaults import ProjectDefaults
from generator.models.prompt import Prompt
from generator.models.provider_action import ProviderAction, Stem
from generator.models.provider_records import ProviderBill, ProviderJob, ProviderWebhookEvent
from generator.models.reconciliation_issue import BalanceReading, ReconciliationIssue
from generator.models.reference import ProviderReference, Reference
from generator.models.saved_view import SavedView
from generator.models.search import matching
from generator.models.sharing import PrivateTrack, ShareLink
from generator.models.suspension import Suspension
from generator.models.tour import Tour
from generator.models.track import Heard, Rendition, ReplacedCover, Star, Tag, Track
from generator.models.track_copy import TrackCopy
from generator.models.track_upload import TrackUpload, UploadSource
from generator.models.user import User
from generator.models.webhook import DeliveryAttempt, Webhook, WebhookDelivery

__all__ = [
    "UPLOADED_STEMS",
    "UPLOADED_TRACK",
    "UPLOAD_PROVIDER",
    "ApiKey",
    "Approval",
    "ApprovalRequest",
    "AuditLogEntry",
    "BalanceReading",
    "Batch",
    "BatchItem",
    "Budget",
    "BudgetAlert",
    "BudgetIncrease",
    "ClientRequest",
    "ClosedMonth",
    "Comment",
    "Comparison",
    "ConnectorUse",
    "ConnectorVersion",
    "DeliveryAttempt",
    "DownloadChoice",
    "Edit",
    "EditState",
    "Fallback",
    "Generation",
    "GenerationEvent",
    "GridChange",
    "Heard",
    "Heartbeat",
    "IdempotencyRecord",
    "ImportedModel",
    "ImportedVersion",
    "Installation",
    "Invitation",
    "LedgerEntry",
    "License",
    "Membership",
    "MusicModel",
    "Notification",
    "NotificationKind",
    "NotificationPreference",
    "Pack",
    "PackItem",
    "PackState",
    "Preset",
    "Price",
    "PrivateTrack",
    "Project",
    "ProjectDefaults",
    "Prompt",
    "ProviderAccount",
    "ProviderAction",
    "ProviderBill",
    "ProviderJob",
    "ProviderReference",
    "ProviderWebhookEvent",
    "ReconciliationIssue",
    "Reference",
    "RemoteOutput",
    "Rendition",
    "ReplacedCover",
    "Role",
    "Rollup",
    "SavedView",
    "Scope",
    "ShareLink",
    "Star",
    "State",
    "Stem",
    "Suspension",
    "Tag",
    "Tour",
    "Track",
    "TrackCopy",
    "TrackStructure",
    "TrackUpload",
    "Upload",
    "UploadSource",
    "User",
    "VoiceOver",
    "Webhook",
    "WebhookDelivery",
    "matching",
]
