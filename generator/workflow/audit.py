"""The record of a project: who changed its members, settings, visibility and approvals. Lines are only ever added."""

from generator.models import AuditLine, Project, User

_LONGEST = AuditLine._meta.get_field("text").max_length or 0


def record(project: Project, actor: User, kind: AuditLine.Kind, text: str) -> None:
    """Write a line; call it in the transaction of the change it tells of."""
    AuditLine.objects.create(project=project, actor=actor, kind=kind, text=text[:_LONGEST])
