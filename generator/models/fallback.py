"""Which generations use another model than the one that was chosen, because that one was unavailable."""

from django.db import models
from django.utils.translation import gettext as _

from generator.messages import Message, gettext_noop
from generator.models.catalog import MusicModel
from generator.models.generation import Generation
from generator.translation import translate

# Why a model was unavailable: a code, and how it ends the sentence “because … was unavailable”.
CAUSES = {
    "switched_off": gettext_noop("an administrator had turned it off"),
    "no_credit": gettext_noop("the studio’s credit with its provider was used up"),
    "key_refused": gettext_noop("its provider did not accept the studio’s key"),
    "not_allowed": gettext_noop("the studio’s key did not have permission for it"),
    "misconfigured": gettext_noop("the studio’s settings for its provider were incorrect"),
    "offline": gettext_noop("the studio was offline"),
    "provider_resting": gettext_noop("its provider was not responding properly"),
    "price_changed": gettext_noop("its price had changed and was not confirmed"),
    "over_ceiling": gettext_noop("the monthly budget for its provider was used up"),
    "suspended": gettext_noop("new generations with its provider were suspended"),
    "no_answer": gettext_noop("its provider had not answered yet"),
}


class Fallback(models.Model):
    """A generation's fallback. A side table: there are many generations and few of these."""

    generation = models.OneToOneField(
        Generation, models.CASCADE, primary_key=True, related_name="fallback", editable=False
    )
    wanted = models.ForeignKey(MusicModel, models.PROTECT, related_name="+", editable=False)
    cause = models.CharField(max_length=20, editable=False, help_text="Why it was unavailable: a key of CAUSES.")
    replaces = models.OneToOneField(
        Generation,
        models.SET_NULL,
        null=True,
        related_name="follow_up",
        editable=False,
        help_text="The queued generation whose place it took; empty: the model was unavailable at the request.",
    )
    lost = models.JSONField(default=list, editable=False, help_text="Labels of the settings that did not carry over.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(cause__in=list(CAUSES)), name="fallback_cause_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.generation_id} instead of {self.wanted_id}"

    @property
    def message(self) -> Message:
        """Return what happened, in English, to be translated when it is shown; load it with both models."""
        sentence = Message(
            "Made with {model} because {wanted} was unavailable: {cause}.",
            model=self.generation.model.title,
            wanted=self.wanted.title,
            cause=CAUSES[self.cause],
        )
        return sentence

    @property
    def sentence(self) -> str:
        """Return what happened, in the active language."""
        return translate(self.message)

    @property
    def lost_sentence(self) -> str:
        """Return which settings did not carry over, in the active language; empty: all did."""
        labels = ", ".join(translate(label) for label in self.lost)
        return _("Did not carry over: {settings}.").format(settings=labels) if labels else ""
