"""Repeated API requests that are answered again instead of being executed twice."""

from django.db import models

from generator.models.api_key import ApiKey


class IdempotencyRecord(models.Model):
    """What one `Idempotency-Key` of one API key created, for results that are neither a generation nor a comparison."""

    key = models.ForeignKey(ApiKey, models.CASCADE, related_name="idempotency_records", editable=False)
    token = models.CharField(max_length=64, unique=True, editable=False, help_text="Half the key, half the request.")
    location = models.CharField(max_length=200, editable=False, help_text="The path at which the result is read.")
    created_at = models.DateTimeField(editable=False, auto_now_add=True)

    def __str__(self) -> str:
        return self.location
