"""Signs of life: of the background cluster (the supervisor enqueues a beat, the beat stamps this row), of its workers,
and of work that only one of them may do at a time (`generator.services.background.claims`).
"""

from django.db import models


class Heartbeat(models.Model):
    name = models.CharField(max_length=40, unique=True)
    at = models.DateTimeField()
    claim = models.BigIntegerField(null=True, editable=False, help_text="Number of the worker that holds the name.")

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%H:%M:%S}"
