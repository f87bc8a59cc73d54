"""One run of a prompt on one model, its states, its history, and the outputs a provider promised.

    queued ──► submitting ──► running ──► collecting ──► ready
       │            │            │             │
       │            ├──► in_doubt ◄────────────┤      sent, no answer: may exist, may be billed
       │            │      │ found again: running · given up by a person: failed
       └────────────┴──────┴─────┴─────────────┴──► failed │ cancelled

Which arrows exist, and who may draw them, is in `generator.workflow.states`; nothing else changes a state.
"""

from django.conf import settings
from django.db import models
from django.utils import timezone

from generator.models.catalogue import MusicModel, Price
from generator.models.comparison import LETTERS, Comparison
from generator.models.fields import MicrosField, RefField
from generator.models.key import ApiKey
from generator.models.licence import Licence
from generator.models.one_line import OneLineField
from generator.models.project import Project
from generator.models.prompt import Prompt


class State(models.TextChoices):
    QUEUED = "queued", "Waiting its turn"
    SUBMITTING = "submitting", "Being sent"
    RUNNING = "running", "Being made"
    COLLECTING = "collecting", "Being checked and stored"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    IN_DOUBT = "in_doubt", "Unclear"

    @classmethod
    def active(cls) -> "tuple[State, ...]":
        """The states in which the studio still has work to do."""
        return (cls.QUEUED, cls.SUBMITTING, cls.RUNNING, cls.COLLECTING)

    @classmethod
    def ended(cls) -> "tuple[State, ...]":
        return (cls.READY, cls.FAILED, cls.CANCELLED)


class GenerationQuerySet(models.QuerySet["Generation"]):
    def active(self) -> "GenerationQuerySet":
        return self.filter(state__in=State.active())

    def due(self, now) -> "GenerationQuerySet":
        """Active rows whose claim has run out (or was never made), the longest-waiting first."""
        return self.active().filter(due_at__lte=now).order_by("due_at", "id")

    def unsettled(self) -> "GenerationQuerySet":
        return self.filter(settled_at__isnull=True)


class Generation(models.Model):
    ref = RefField()
    project = models.ForeignKey(Project, models.PROTECT, related_name="generations", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="generations", editable=False)
    key = models.ForeignKey(
        ApiKey, models.PROTECT, null=True, editable=False, related_name="generations", help_text="Empty: the pages."
    )
    prompt = models.ForeignKey(Prompt, models.PROTECT, related_name="generations", editable=False)
    model = models.ForeignKey(MusicModel, models.PROTECT, related_name="generations", editable=False)
    takes_asked = models.PositiveSmallIntegerField(editable=False)
    again_of = models.ForeignKey("self", models.SET_NULL, null=True, editable=False, related_name="again")
    comparison = models.ForeignKey(Comparison, models.PROTECT, null=True, editable=False, related_name="generations")
    place = models.PositiveSmallIntegerField(
        null=True, editable=False, help_text="Among the candidates of its comparison, drawn by lot: 0 is A."
    )

    price = models.ForeignKey(Price, models.PROTECT, editable=False)
    price_per_take = MicrosField(editable=False)
    licence = models.ForeignKey(
        Licence, models.PROTECT, null=True, editable=False, related_name="+", help_text="The terms of its day."
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
        null=True, editable=False, help_text="How long it was likely to take, by what was known when it began."
    )
    cancel_asked_at = models.DateTimeField(null=True, editable=False)
    due_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When the row next wants attention. Claiming is moving it forward, so it is the lease as well.",
    )
    claim = models.BigIntegerField(null=True, editable=False, help_text="The number of the worker that has it.")

    handle = models.CharField(max_length=200, blank=True, editable=False, help_text="The provider's id for the job.")
    submit_attempted_at = models.DateTimeField(null=True, editable=False)
    wait_reason = models.CharField(
        max_length=20, blank=True, default="", db_default="", editable=False, help_text="Why remote work waits: a code."
    )
    wait_sentence = models.TextField(blank=True, default="", db_default="", editable=False)
    failed_looks = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        editable=False,
        help_text="Tries in a row that brought nothing; each makes the next wait longer.",
    )

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)
    dismissed_at = models.DateTimeField(null=True, editable=False)

    error_code = models.CharField(max_length=20, blank=True, editable=False)
    error_sentence = models.TextField(blank=True, editable=False)
    provider_words = models.TextField(blank=True, editable=False)

    objects = GenerationQuerySet.as_manager()

    class Meta:
        indexes = [
            # "not null" is the one condition SQLite recognises in a query with parameters; ended rows have no `due_at`.
            models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="generation_due"),
            models.Index(fields=["project", "-created_at", "-id"], name="generation_newest"),
            models.Index(fields=["model", "state", "-finished_at"], name="generation_history"),
            models.Index(fields=["project", "state"], name="generation_state"),
            models.Index(fields=["id"], condition=models.Q(settled_at__isnull=True), name="generation_unsettled"),
            models.Index(fields=["key", "-id"], condition=models.Q(key__isnull=False), name="generation_of_key"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["author", "idempotency_key"], name="one_submit_a_key"),
            models.CheckConstraint(
                condition=models.Q(takes_asked__gte=1, takes_asked__lte=10), name="takes_within_reason"
            ),
            models.CheckConstraint(condition=models.Q(state__in=State.values), name="state_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.state}"

    @property
    def is_active(self) -> bool:
        return self.state in State.active()

    @property
    def is_blind(self) -> bool:
        """Whether it is a candidate of a comparison that nobody has revealed yet."""
        return self.comparison is not None and self.comparison.is_blind

    @property
    def told_error(self) -> str:
        """Why it failed, in words for people; of a blind candidate not in its provider's, which would name it."""
        return "It could not be made." if self.is_blind and self.error_sentence else self.error_sentence

    @property
    def letter(self) -> str:
        """What a candidate is called while its comparison is blind."""
        return "" if self.place is None else LETTERS[self.place]

    @property
    def held(self) -> int:
        """Micro-dollars the hold was for: the price of every take asked for."""
        return self.price_per_take * self.takes_asked


class Event(models.Model):
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


class Delivery(models.Model):
    """One output a provider has announced: where it can be fetched until it is a track of ours."""

    generation = models.ForeignKey(Generation, models.PROTECT, related_name="deliveries", editable=False)
    take = models.PositiveSmallIntegerField(editable=False)
    url = models.TextField(editable=False)
    title = OneLineField(max_length=200, blank=True, editable=False)
    cover_url = models.TextField(blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    useless = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="Answers that were whole, not audio."
    )
    due_at = models.DateTimeField(null=True, editable=False, help_text="Next try; empty once fetched or given up.")
    claim = models.BigIntegerField(null=True, editable=False, help_text="The number of the worker that has it.")
    error = models.TextField(blank=True, editable=False)
    collected_at = models.DateTimeField(null=True, editable=False)
    given_up_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["generation", "take"], name="one_delivery_a_take")]
        indexes = [models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="delivery_due")]

    def __str__(self) -> str:
        return f"take {self.take} of {self.generation_id}"
