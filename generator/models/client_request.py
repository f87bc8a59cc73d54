"""What a program sent in a vendor's words, beside the generation that resulted."""

from django.db import models

from generator.models.api_key import ApiKey
from generator.models.fields import PublicIdField
from generator.models.generation import Generation
from generator.models.project import Project
from generator.models.reference import Reference


class ClientRequest(models.Model):
    """The path that a program called and its inputs. Another model may have answered (`ApiKey.model_override`).

    If a program deletes its prediction, it is hidden from programs; the generation, its tracks and its money stay.
    """

    generation = models.OneToOneField(
        Generation, models.CASCADE, primary_key=True, related_name="client_request", editable=False
    )
    path = models.CharField(max_length=200, editable=False)
    inputs = models.JSONField(default=dict, editable=False)
    hidden_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return f"{self.path} for {self.generation_id}"


class Upload(models.Model):
    """A place for a sound that a program uploads: announced with its size, filled once, read by a worker."""

    public_id = PublicIdField()
    key = models.ForeignKey(ApiKey, models.CASCADE, related_name="uploads", editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="+", editable=False)
    name = models.CharField(max_length=200, editable=False)
    size = models.PositiveBigIntegerField(editable=False, help_text="Announced size in bytes.")
    created_at = models.DateTimeField(editable=False, auto_now_add=True)
    reference = models.ForeignKey(Reference, models.CASCADE, null=True, related_name="uploads", editable=False)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="upload_oldest")]

    def __str__(self) -> str:
        return self.name
