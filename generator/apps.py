"""The configuration of the studio's only Django app."""

from django.apps import AppConfig


class GeneratorConfig(AppConfig):
    name = "generator"
    verbose_name = "Studio"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the webhook payload serializers with the services, and connect offboarding to `standing_changed`."""
        # Models cannot be imported earlier than this.
        from generator.api import webhook_payloads
        from generator.models.user import standing_changed
        from generator.services.team import offboarding
        from generator.services.webhooks import payloads

        payloads.show_with(webhook_payloads.SHAPES)
        standing_changed.connect(offboarding.on_standing_changed)
