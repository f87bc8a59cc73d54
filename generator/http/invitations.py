"""Invitation code shared by pages and API: the validating form, the link, the email."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generator import permissions
from generator.models import Invitation, Project, Role, User
from generator.services.team import invitations, outgoing_mail

SUBJECT = gettext_lazy("Invitation to BGM Studio")  # fixed: users must not choose the subject of emails to strangers
MAILED = "mailed"  # query parameter that only a link sent by email has
MAX_EMAIL_CHARS, MAX_TEXT_CHARS = 254, 6000  # characters of an address, and of the text with all of them
MAX_AT_ONCE = 20
_LINES = re.compile(r"[;\r\n]+")
_BRACKETED = re.compile(r"(?P<name>[^<>]*)<(?P<email>[^<>]*)>")
ROLES_IN_WORDS = gettext_lazy(
    "Owners invite people and delete tracks; editors generate and edit; viewers listen, comment, and download."
)


class _ProjectAndRole(forms.Form):
    """What is asked about an invitation besides who is invited."""

    project = forms.ModelChoiceField(
        Project.objects.none(), required=False, empty_label=gettext_lazy("Studio only, no project")
    )
    role = forms.ChoiceField(choices=Role.choices, initial=Role.EDITOR, help_text=ROLES_IN_WORDS)

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        project = self.fields["project"]
        assert isinstance(project, forms.ModelChoiceField)
        project.queryset = permissions.managed_projects(user)
        if not user.is_staff:  # only staff may invite to the studio without a project
            project.required = True
            project.empty_label = None
        self.open = permissions.managed_invitations(user).filter(expires_at__gt=timezone.now())

    def objection(self, email: str, project: Project | None) -> str:
        """Return why an address cannot be invited, or an empty string."""
        if project and project.members.filter(email__iexact=email).exists():
            return _("{email} is already a member of {project}.").format(email=email, project=project)
        if self.open.filter(email=email, project=project).exists():
            sentence = _("{email} already has a pending invitation. Create a new link for it in the list below.")
            return sentence.format(email=email)
        return ""


class InvitationForm(_ProjectAndRole):
    email = forms.EmailField(
        label=gettext_lazy("Email address"),
        max_length=MAX_EMAIL_CHARS,
        widget=forms.EmailInput(attrs={"type": "email"}),
    )
    field_order = ("email",)

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean(self) -> None:
        email, project = self.cleaned_data.get("email"), self.cleaned_data.get("project")
        if email and "project" not in self.errors and (objection := self.objection(email, project)):
            self.add_error("email", objection)


@dataclass(frozen=True)
class Invitee:
    """A person to invite; `email` is what was typed, valid or not."""

    email: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>" if self.name else self.email

    @property
    def is_address(self) -> bool:
        try:
            validate_email(self.email)
        except ValidationError:
            return False
        return len(self.email) <= MAX_EMAIL_CHARS


def parse_invitees(text: str) -> list[Invitee]:
    """Return the people in a text such as "Ada <ada@example.com>, bo@example.com", each address once.

    Commas, semicolons and line breaks separate them; a name may contain a comma (“Lovelace, Ada <ada@example.com>”).
    """
    invitees: dict[str, Invitee] = {}
    for line in _LINES.split(text):
        for entry in _people_on(line):
            invitee = _invitee(entry)
            invitees.setdefault(invitee.email, invitee)
    return list(invitees.values())


def _people_on(line: str) -> Iterator[str]:
    """Yield the parts of a line up to each address, and what follows the last one."""
    parts: list[str] = []
    for part in filter(None, map(str.strip, line.split(","))):
        parts.append(part)
        if "@" in part:
            yield ", ".join(parts)
            parts = []
    if parts:
        yield ", ".join(parts)


def _invitee(entry: str) -> Invitee:
    if bracketed := _BRACKETED.fullmatch(entry):
        name, email = bracketed["name"], bracketed["email"]
    else:
        name, _space, email = entry.rpartition(" ")
    return Invitee(email.strip().lower(), " ".join(name.replace('"', " ").split()))


class InvitationsForm(_ProjectAndRole):
    """An invitation form for several people; `email` holds them all, with names if wanted."""

    email = forms.CharField(
        label=gettext_lazy("Email addresses"),
        max_length=MAX_TEXT_CHARS,
        help_text=gettext_lazy("One or more, with or without names: Ada Lovelace <ada@example.com>, bo@example.com"),
        widget=forms.Textarea(attrs={"rows": 3, "autocapitalize": "off", "spellcheck": "false"}),
    )
    field_order = ("email",)

    def clean_email(self) -> list[Invitee]:
        people = parse_invitees(self.cleaned_data["email"])
        if len(people) > MAX_AT_ONCE:
            sentence = _("You can invite {count} people at once.").format(count=MAX_AT_ONCE)
            raise ValidationError(sentence, "limit_reached")
        return people

    def objection_to(self, invitee: Invitee, project: Project | None) -> str:
        """Return why a person cannot be invited, or an empty string; the others still can."""
        if not invitee.is_address:
            return _("“{text}” is not an email address.").format(text=invitee.email)
        return self.objection(invitee.email, project)


def join_path(invitation: Invitation) -> str:
    return reverse("join", args=[invitation.token])


def mail(inviter: User, invitation: Invitation, link: str) -> None:
    """Email an invitation's link if a mail server is configured. The emailed link also verifies the address."""
    if not settings.EMAIL_CONFIGURED:
        return
    to_project = _("{person} ({email}) invited you to “{project}” in BGM Studio.")
    text = to_project if invitation.project else _("{person} ({email}) invited you to BGM Studio.")
    project = invitation.project.name if invitation.project else ""
    text = text.format(person=inviter.label, email=inviter.email, project=project)
    until = _("The link can be used once and expires on {date}.").format(
        date=date_format(invitation.expires_at, "MONTH_DAY_FORMAT")
    )
    link = f"{link}?{MAILED}={invitations.mailed_proof(invitation)}"
    outgoing_mail.send(str(SUBJECT), f"{text}\n\n{link}\n\n{until}", invitation.email)
