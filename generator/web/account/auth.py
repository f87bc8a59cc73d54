"""Sign-up and sign-in on top of allauth; STUDIO_SIGNUP decides whether sign-up needs an invitation."""

import logging
from contextlib import suppress
from typing import Any

from allauth.account import views as allauth
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import AddEmailForm
from allauth.account.forms import SignupForm as AllauthSignupForm
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.core.internal.ratelimit import get_ip
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from generator import permissions
from generator.http.invitations import MAILED
from generator.models import Invitation, Project, Role, User
from generator.services import throttling
from generator.services.errors import UserError
from generator.services.team import invitations, outgoing_mail, tour
from generator.services.text_input import one_line
from generator.web.site.htmx import Request

log = logging.getLogger(__name__)
SESSION_KEY = "invitation"  # the public id of the followed invitation; the token is never stored
LOCKED_OUT = "too_many_login_attempts"
MAIL_RATE_LIMIT = (20, 86_400)  # requested emails to one mailbox, in so many seconds
CLIENT_RATE_LIMIT = (5, 3_600)  # of these, from one IP address
REQUEST_RATE_LIMIT = (20, 86_400)  # by one signed-in user, to any addresses
REQUESTED_MAILS = tuple(
    f"account/email/{name}"
    for name in ("password_reset_key", "email_confirmation", "account_already_exists", "unknown_account")
)
PROOFS = ("account/email/email_confirmation", "account/email/account_already_exists")  # verify a new address
TOO_MANY_MESSAGE = gettext_lazy("Too many emails requested. Use the most recent one, or request another tomorrow.")
UNSENT_MESSAGE = gettext_lazy(
    "The email could not be sent because the studio’s mail server did not respond. Request it again later."
)
VERIFIED = "account_verified_email"  # allauth's session key: an address already verified at sign-up


def invitation_of(request: HttpRequest | None) -> Invitation | None:
    """Return the invitation that this visitor followed, if it is still open."""
    public_id = request.session.get(SESSION_KEY, "") if request else ""
    return invitations.open_invitation_by_ref(public_id) if public_id else None


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": gettext_lazy("The email address or the password is incorrect."),
        LOCKED_OUT: gettext_lazy("Too many failed attempts. Try again in five minutes, or reset your password."),
        "email_taken": gettext_lazy(
            "An account cannot be created with this address. If it is yours, sign in or reset your password."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return settings.STUDIO_SIGNUP == "open" or invitation_of(request) is not None

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Save the new user, create their personal project, and show them the tour."""
        user.name = form.cleaned_data["name"]
        user = super().save_user(request, user, form, commit)
        Project.objects.personal_for(user)
        tour.begin(user)
        return user

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Treat the address of a manually created account as verified, and show the tour to who is here first."""
        if not EmailAddress.objects.filter(user=user).exists():
            user.vouch_for_address()
        tour.begin_at_first_sign_in(user)
        response: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return response

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Accept the invitation that the user followed, so that they land in its project."""
        invitation = invitation_of(request)
        if invitation and invitation.email == user.email.lower():
            with suppress(UserError):  # address not verified yet: stays on their Projects page
                join_now(request, invitation, user)
                kwargs["redirect_url"] = music_of(invitation.project)
        response: HttpResponse = super().post_login(request, user, **kwargs)
        return response

    def can_delete_email(self, email_address: EmailAddress) -> bool:
        """Return whether an address may be removed: a pending new one, but never the account's own."""
        return bool(email_address.email != email_address.user.email.lower())

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send an email, but not to people who cannot have an account; a mail server failure is only logged."""
        if template_prefix == "account/email/unknown_account" and settings.STUDIO_SIGNUP != "open":
            return
        try:
            if template_prefix.startswith(REQUESTED_MAILS):
                count_mail(self.request, email)
            super().send_mail(template_prefix, email, context)
        except throttling.TooOften as rejection:
            log.warning("an email (%s) was not sent: too many requests", template_prefix.rpartition("/")[2])
            if self.request and template_prefix.startswith(PROOFS):
                messages.error(self.request, rejection.sentence, extra_tags=rejection.code)
        except (OSError, ValueError) as error:  # as in services.team.outgoing_mail
            log.warning("an email (%s) could not be sent: %s", template_prefix.rpartition("/")[2], error)
            if self.request and template_prefix.startswith(PROOFS):  # after a reset it would reveal accounts
                messages.error(self.request, UNSENT_MESSAGE)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count wrong passwords by email address *and* IP address, so that an attacker locks out no one else."""
        return f"{super()._get_login_attempts_cache_key(request, **credentials)}:{get_ip(request)}"


def count_mail(request: HttpRequest | None, email: str) -> None:
    """Count a requested email: per mailbox, and per signed-in user or per IP address.

    Raises:
        TooOften: a limit is reached.
    """
    box = outgoing_mail.mailbox(email)
    if request and request.user.is_authenticated:
        throttling.count(
            f"mail/by/{outgoing_mail.mailbox(request.user.email)}", *REQUEST_RATE_LIMIT, str(TOO_MANY_MESSAGE)
        )
    elif request:
        throttling.count(f"mail/from/{get_ip(request)}/{box}", *CLIENT_RATE_LIMIT, str(TOO_MANY_MESSAGE))
    throttling.count(f"mail/to/{box}", *MAIL_RATE_LIMIT, str(TOO_MANY_MESSAGE))


def _name_field() -> forms.CharField:
    """Return the field for the name that other members will see."""
    longest = User._meta.get_field("name").max_length
    widget = forms.TextInput(attrs={"autocomplete": "name"})
    shown_to = gettext_lazy("Shown to the people you share projects with.")
    return forms.CharField(label=gettext_lazy("Name"), max_length=longest, widget=widget, help_text=shown_to)


class SignupForm(AllauthSignupForm):
    """allauth's sign-up form with a name, fixed to the invited address if there is an invitation."""

    field_order = ("name", "email", "password1")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = _name_field()
        self.order_fields(self.field_order)
        self.invitation = invitation_of(context.request)
        if self.invitation:
            self.fields["name"].initial = self.invitation.name
            self.fields["email"].initial = self.invitation.email
            self.fields["email"].widget.attrs["readonly"] = True
            self.fields["password1" if self.invitation.name else "name"].widget.attrs["autofocus"] = True

    def clean_name(self) -> str:
        try:
            return one_line(self.cleaned_data["name"], "name")
        except UserError as error:
            raise forms.ValidationError(error.sentence) from error

    def clean_email(self) -> str:
        email: str = super().clean_email()
        if self.invitation and email.lower() != self.invitation.email:
            raise forms.ValidationError(_("This invitation is for {email}.").format(email=self.invitation.email))
        return email


class ChangeAddressForm(AddEmailForm):
    """A form for a new address. Until that is verified, the account keeps its current one, verified or not."""

    def save(self, request: HttpRequest) -> EmailAddress:
        EmailAddress.objects.filter(user=self.user, verified=False).exclude(email=self.user.email.lower()).delete()
        return EmailAddress.objects.add_email(request, self.user, self.cleaned_data["email"], confirm=True)


@method_decorator(login_required, name="dispatch")
class AddressView(allauth.EmailView):
    """The email address of the account. Only verification makes a new one replace it."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        offered = {"action_add", "action_send", "action_remove"}
        if not settings.EMAIL_CONFIGURED or offered.isdisjoint(request.POST):
            return redirect("account_email")
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        unproven = EmailAddress.objects.filter(user=self.request.user, verified=False)
        return context | {
            "address_is_proven": self.request.user.address_is_proven,
            "new_emailaddress": unproven.exclude(email=self.request.user.email.lower()).last(),
        }


class LoginView(allauth.LoginView):
    def form_invalid(self, form: Any) -> HttpResponse:
        """Set status 429 if the address is temporarily locked out."""
        response: HttpResponse = super().form_invalid(form)
        if form.has_error(NON_FIELD_ERRORS, LOCKED_OUT):
            response.status_code = 429
        return response


@require_GET
def join(request: Request, token: str) -> HttpResponse:
    """Follow an invitation link: join at once if signed in; otherwise sign in or sign up first.

    An emailed link verifies the address. Any other link does so only if no mail server is configured.
    """
    invitation = invitations.open_invitation(token)
    if invitation is None:
        return render(request, "invitations/over.html", status=410)
    is_mailed = invitations.is_mailed_proof(invitation, request.GET.get(MAILED, ""))
    if request.user.is_authenticated:
        if is_mailed and invitation.email == request.user.email.lower():
            request.user.vouch_for_address()
        return _join(request, invitation)
    if User.objects.filter(email__iexact=invitation.email).exists():
        return redirect_to_login(request.get_full_path())
    request.session[SESSION_KEY] = invitation.public_id
    request.session[VERIFIED] = invitation.email if is_mailed or not settings.EMAIL_CONFIGURED else None
    return redirect("account_signup")


@login_required
@require_POST
def accept(request: Request, public_id: str) -> HttpResponse:
    """Accept an invitation listed on the user's Projects page."""
    return _join(request, get_object_or_404(permissions.received_invitations(request.user), public_id=public_id))


def _join(request: Request, invitation: Invitation) -> HttpResponse:
    try:
        join_now(request, invitation, request.user)
    except UserError as error:
        context = {
            "sentence": error.sentence,
            "code": error.code,
            "invited": invitation.email,
            "other_account": invitation.email != request.user.email.lower(),
            "to_prove": error.field == invitations.UNPROVEN,
        }
        return render(request, "invitations/over.html", context, status=403)
    return redirect(music_of(invitation.project))


def music_of(project: Project | None) -> str:
    """Return where a person who has just joined a project hears it: its library, which on a phone is below the form."""
    return f"{reverse('studio', args=[project.public_id])}#library" if project else reverse("home")


def join_now(request: HttpRequest, invitation: Invitation, user: User) -> None:
    """Accept an invitation, make its project the current one, and say who invited the user.

    Raises:
        UserError: as `services.team.invitations.accept`.
    """
    invitations.accept(invitation, user)
    request.session.pop(SESSION_KEY, None)
    if project := invitation.project:
        request.session["project"] = project.public_id
        role = permissions.role(user, project) or invitation.role
        message = _("{person} invited you to “{project}”. Your role: {role}.").format(
            person=invitation.invited_by.label, project=project.name, role=str(Role(role).label).lower()
        )
        messages.success(request, message)
