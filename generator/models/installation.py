"""The identity of a studio's database; media folders carry the same one (`generator.management.media_identity`)."""

import uuid

from django.db import models


def new_identity() -> str:
    return uuid.uuid4().hex


class Installation(models.Model):
    """One row, created at the first start."""

    identity = models.CharField(max_length=32, default=new_identity)
    made_at = models.DateTimeField(auto_now_add=True)
    backed_up_at = models.DateTimeField(null=True, editable=False, help_text="When the last backup was complete.")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="installation_is_one")]

    def __str__(self) -> str:
        return self.identity
