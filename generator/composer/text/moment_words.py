"""Moments of a piece in words: "no drums, 0:00 to 0:10", "drop at 0:45"."""

from generator.composer.text import timeline
from generator.composer.text.timeline import Moment
from generator.composer.text.vocabulary import title_of
from generator.messages import Message, join_texts
from generator.messages import gettext_noop as _

_EVENTS = {
    timeline.HIT: _("hit"),
    timeline.BUILD: _("build-up"),
    timeline.DROP: _("drop"),
    timeline.QUIET: _("quiet"),
    timeline.FULL: _("full"),
    timeline.STOP: _("stop"),
    "intro": _("intro"),
    "outro": _("outro"),
}


def describe(moment: Moment) -> str:
    """Return a moment in words."""
    return Message(_("{event}, {place}"), event=_event(moment), place=_place(moment))


def _event(moment: Moment) -> str:
    if moment.kind == timeline.OUT:
        return join_texts(
            *(Message(_("no {instrument}"), instrument=title_of(player)) for player in sorted(moment.players)),
            separator=", ",
        )
    if moment.kind == timeline.ENTER:
        return join_texts(
            *(Message(_("{instrument} enters"), instrument=title_of(player)) for player in sorted(moment.players)),
            separator=", ",
        )
    return _EVENTS.get(moment.name if moment.kind == timeline.SECTION else moment.kind, moment.name or moment.kind)


def _place(moment: Moment) -> str:
    if moment.start_s < 0:
        return Message(_("last {seconds:g} s"), seconds=-moment.start_s)
    if moment.start_s == moment.end_s:
        return Message(_("at {time}"), time=_clock(moment.start_s))
    return Message(_("{start} to {end}"), start=_clock(moment.start_s), end=_clock(moment.end_s))


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    whole = f"{rest:05.2f}".rstrip("0").rstrip(".")
    return f"{int(minutes)}:{whole:0>2}"
