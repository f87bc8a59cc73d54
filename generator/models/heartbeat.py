"""Proof that the background cluster is alive: the supervisor enqueues a beat, the beat stamps this row."""

from django.db import models


class Heartbeat(models.Model):
    name = models.CharField(max_length=40, unique=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%H:%M:%S}"
