"""One request of a prompt to one model: its states, its history, and the outputs that a provider announced.

    queued ──► submitting ──► running ──► collecting ──► ready
       │            │            │             │
       │            ├──► in_doubt ◄────────────┤      sent, no answer: may exist, may be billed
       │            │      │ found again: running · given up by a person: failed
       └────────────┴──────┴─────┴─────────────┴──► failed │ cancelled

`generator.services.generation.states` has the allowed transitions and who may make them; only it changes a state.
"""

import datetime as dt

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from generator.currency import per_take
from generator.models.api_key import ApiKey
from generator.models.catalog import UPLOADED_TRACK, MusicModel, Price
from generator.models.comparison import LETTERS, Comparison
from generator.models.fields import MicrosField, PublicIdField
from generator.models.license import License
from generator.models.one_line import OneLineField
from generator.models.project import Project
from generator.models.prompt import Prompt
from generator.translation import translate, translate_stage, translate_stored

MESSAGE_KEY = "message_parts"  # in an event's data: the template and values of its text


class State(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SUBMITTING = "submitting", _("Sending")
    RUNNING = "running", _("Generating")
    COLLECTING = "collecting", _("Checking and saving")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Canceled")
    IN_DOUBT = "in_doubt", _("Unconfirmed")

    @classmethod
    def active(cls) -> "tuple[State, ...]":
        """Return the states in which the studio still has work to do."""
        return (cls.QUEUED, cls.SUBMITTING, cls.RUNNING, cls.COLLECTING)

    @classmethod
    def ended(cls) -> "tuple[State, ...]":
        return (cls.READY, cls.FAILED, cls.CANCELLED)


class GenerationQuerySet(models.QuerySet["Generation"]):
    def active(self) -> "GenerationQuerySet":
        return self.filter(state__in=State.active())

    def due(self, now: dt.datetime) -> "GenerationQuerySet":
        """Return active rows whose claim has expired (or was never made), longest-waiting first."""
        return self.active().filter(due_at__lte=now).order_by("due_at", "id")

    def unsettled(self) -> "GenerationQuerySet":
        return self.filter(settled_at__isnull=True)


class Generation(models.Model):
    public_id = PublicIdField()
    project = models.ForeignKey(Project, models.PROTECT, related_name="generations", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="generations", editable=False)
    key = models.ForeignKey(
        ApiKey,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="generations",
        help_text=_("If empty, made in the web app."),
    )
    prompt = models.ForeignKey(Prompt, models.PROTECT, related_name="generations", editable=False)
    model = models.ForeignKey(MusicModel, models.PROTECT, related_name="generations", editable=False)
    takes_requested = models.PositiveSmallIntegerField(editable=False)
    parent = models.ForeignKey("self", models.SET_NULL, null=True, editable=False, related_name="children")
    comparison = models.ForeignKey(Comparison, models.PROTECT, null=True, editable=False, related_name="generations")
    place = models.PositiveSmallIntegerField(
        null=True, editable=False, help_text=_("Random position among the candidates of its comparison; 0 is A.")
    )

    price = models.ForeignKey(Price, models.PROTECT, editable=False)
    price_total = MicrosField(editable=False, help_text=_("Micro-dollars for all requested takes."))
    license = models.ForeignKey(
        License,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        help_text=_("The license terms on the day the generation was made."),
    )
    idempotency_key = models.CharField(max_length=64, editable=False)
    request_hash = models.CharField(  # noqa: DJ001  null: added in place to long tables
        max_length=64, null=True, editable=False, help_text="SHA-256 of what was sent with the key."
    )
    settled_at = models.DateTimeField(null=True, editable=False)

    state = models.CharField(max_length=12, choices=State, default=State.QUEUED, editable=False)
    stage = models.CharField(max_length=80, blank=True, editable=False)
    percent = models.PositiveSmallIntegerField(default=0, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    expected_ms = models.PositiveIntegerField(
        null=True, editable=False, help_text=_("Expected duration in milliseconds, estimated at the start.")
    )
    machine_from = models.DateTimeField(
        null=True, editable=False, help_text="When a server of the operator's was first seen at work on it."
    )
    machine_ms = models.PositiveIntegerField(
        null=True, editable=False, help_text=_("Milliseconds for which a machine of the operator’s worked on it.")
    )
    cancel_requested_at = models.DateTimeField(null=True, editable=False)
    cancel_accepted = models.BooleanField(
        null=True, editable=False, help_text="The provider’s answer to the cancel; empty: not asked, or no answer yet."
    )
    due_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When the row is due next. A worker claims it by moving this forward, so it is also the lease.",
    )
    claim = models.BigIntegerField(null=True, editable=False, help_text="Number of the worker that holds it.")

    provider_job_id = models.CharField(
        max_length=200, blank=True, editable=False, help_text="The provider's id for the job."
    )
    submit_attempted_at = models.DateTimeField(null=True, editable=False)
    wait_reason = models.CharField(
        max_length=20,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text=_("Code for why the remote work is waiting."),
    )
    wait_message = models.TextField(blank=True, default="", db_default="", editable=False)
    failed_polls = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        editable=False,
        help_text="Consecutive failed attempts; each one lengthens the next wait.",
    )

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)
    dismissed_at = models.DateTimeField(null=True, editable=False)

    error_code = models.CharField(max_length=20, blank=True, editable=False)
    error_message = models.TextField(blank=True, editable=False)
    provider_message = models.TextField(blank=True, editable=False)
    suggestion = models.JSONField(
        null=True,
        editable=False,
        help_text="What the provider proposed instead of what it rejected: values of the form, by name.",
    )

    objects = GenerationQuerySet.as_manager()

    class Meta:
        indexes = [
            # "not null" is the only condition that SQLite matches with query parameters; ended rows have no `due_at`.
            models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="generation_due"),
            models.Index(fields=["project", "-created_at", "-id"], name="generation_newest"),
            models.Index(fields=["model", "state", "-finished_at"], name="generation_history"),
            models.Index(fields=["project", "state"], name="generation_state"),
            models.Index(
                fields=["author", "project", "-finished_at"],
                condition=models.Q(dismissed_at__isnull=True),
                name="generation_undismissed",
            ),
            models.Index(fields=["id"], condition=models.Q(settled_at__isnull=True), name="generation_unsettled"),
            models.Index(fields=["key", "-id"], condition=models.Q(key__isnull=False), name="generation_of_key"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["author", "idempotency_key"], name="one_submit_a_key"),
            models.CheckConstraint(
                condition=models.Q(takes_requested__gte=1, takes_requested__lte=10), name="takes_within_reason"
            ),
            models.CheckConstraint(condition=models.Q(state__in=State.values), name="state_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.public_id} {self.state}"

    @property
    def is_active(self) -> bool:
        return self.state in State.active()

    @property
    def is_blind(self) -> bool:
        """Return whether it is a candidate of a comparison that has not been revealed."""
        return self.comparison is not None and self.comparison.is_blind

    @property
    def is_uploaded(self) -> bool:
        """Return whether it stands for a track that came from elsewhere: there is nothing to generate again."""
        return self.model.key == UPLOADED_TRACK

    @property
    def display_error(self) -> str:
        """Return why it failed, for display; a blind candidate hides its provider's words, which would name it."""
        return (
            gettext("This candidate could not be generated.")
            if self.is_blind and self.error_message
            else translate(self.error_message)
        )

    @property
    def display_suggestion(self) -> str:
        """Return what its provider proposed instead; a blind candidate hides it like its provider's words."""
        return "" if self.is_blind or not self.suggestion else "\n".join(self.suggestion.values())

    @property
    def display_stage(self) -> str:
        """Return the stage of the work in the active language."""
        return translate_stage(self.stage)

    @property
    def letter(self) -> str:
        """Return the letter of a candidate; empty outside a comparison."""
        return "" if self.place is None else LETTERS[self.place]

    @property
    def price_per_take(self) -> int:
        return per_take(self.price_total, self.takes_requested)

    def price_of(self, takes: int) -> int:
        """Return what this many of the requested takes cost in micro-dollars: their share, rounded down."""
        return self.price_total * takes // max(self.takes_requested, 1)


class GenerationEvent(models.Model):
    """A line in a generation's history; the database refuses to change or delete one."""

    class Kind(models.TextChoices):
        STATE = "state"
        SENT = "sent"
        REPLY = "reply"
        TAKE = "take"
        NOTE = "note"

    generation = models.ForeignKey(Generation, models.PROTECT, related_name="events", editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)
    kind = models.CharField(max_length=8, choices=Kind, editable=False)
    text = models.TextField(editable=False)
    data = models.JSONField(default=dict, editable=False)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return self.text

    @property
    def display_text(self) -> str:
        """Return the line in the active language."""
        return translate_stored(self.text, self.data.get(MESSAGE_KEY))


class RemoteOutput(models.Model):
    """An output that a provider has announced or sent, and where to fetch it until it is a track."""

    generation = models.ForeignKey(Generation, models.PROTECT, related_name="remote_outputs", editable=False)
    take = models.PositiveSmallIntegerField(editable=False)
    url = models.TextField(editable=False)
    title = OneLineField(max_length=200, blank=True, editable=False)
    cover_url = models.TextField(blank=True, editable=False)
    file = models.CharField(
        max_length=100,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="Name of a file that came in the provider's reply; then there is no address.",
    )
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    useless = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="Complete downloads that were not audio."
    )
    due_at = models.DateTimeField(
        null=True, editable=False, help_text="Next attempt; empty once downloaded or given up."
    )
    claim = models.BigIntegerField(null=True, editable=False, help_text="Number of the worker that holds it.")
    error = models.TextField(blank=True, editable=False)
    collected_at = models.DateTimeField(null=True, editable=False)
    given_up_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["generation", "take"], name="one_output_per_take")]
        indexes = [models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="remote_output_due")]

    def __str__(self) -> str:
        return f"take {self.take} of {self.generation_id}"
