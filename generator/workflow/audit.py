"""The record of a project: who changed its members, settings, visibility and approvals. Lines are only ever added."""

import re

from generator import access
from generator.models import AuditLine, Project, Track, User

_QUOTED = re.compile("“([^”]*)”")
_ABOUT_TRACKS = (AuditLine.Kind.VISIBILITY, AuditLine.Kind.APPROVAL, AuditLine.Kind.TRACKS)
_LONGEST = AuditLine._meta.get_field("text").max_length or 0


def record(project: Project, actor: User, kind: AuditLine.Kind, text: str) -> None:
    """Write a line; call it in the transaction of the change it tells of."""
    AuditLine.objects.create(project=project, actor=actor, kind=kind, text=text[:_LONGEST])


def told(line: AuditLine, viewer: User) -> str:
    """A line as a person may read it: what was written while a track was everybody's does not name it later."""
    named = _QUOTED.findall(line.text) if line.kind in _ABOUT_TRACKS else []
    hidden = set(access.unnamed(Track.objects.filter(title__in=named), viewer).values_list("title", flat=True))
    return _QUOTED.sub(lambda found: "a track" if found[1] in hidden else found[0], line.text)
