"""The one Django app of the studio."""

from django.apps import AppConfig


class GeneratorConfig(AppConfig):
    name = "generator"
    verbose_name = "Studio"
    default_auto_field = "django.db.models.BigAutoField"
