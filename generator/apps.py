"""The one Django app of the studio."""

from django.apps import AppConfig


class GeneratorConfig(AppConfig):
    name = "generator"
    verbose_name = "Studio"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hand the workflow what only the doors know, how programs are shown things, and tell it who has gone."""
        # Models can be imported only from here on.
        from generator.api import telling
        from generator.models.user import standing_changed
        from generator.workflow import offboarding
        from generator.workflow.webhooks import bodies

        bodies.show_with(telling.SHAPES)
        standing_changed.connect(offboarding.on_standing_changed)
