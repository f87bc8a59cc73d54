"""Signing up and in: by invitation or openly, as STUDIO_SIGNUP says. allauth does the rest."""

import logging
from contextlib import suppress

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
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_GET, require_POST

from generator import access, workflow
from generator.models import Invitation, Project, User
from generator.web.htmx import Request
from generator.web.people import MAILED

log = logging.getLogger(__name__)
SESSION_KEY = "invitation"  # the name of the invitation whose link was followed; its token is kept nowhere
LOCKED_OUT = "too_many_login_attempts"
PROOFS = ("account/email/email_confirmation", "account/email/account_already_exists")  # of a new address
UNSENT = "The mail could not be sent: the studio’s mail server does not answer. Ask for it again later."
VERIFIED = "account_verified_email"  # allauth's: the address of a sign-up that needs no further proof


def invitation_of(request: HttpRequest | None) -> Invitation | None:
    """The invitation this visitor came with, if it is still open."""
    ref = request.session.get(SESSION_KEY, "") if request else ""
    return workflow.people.open_invitation_by_ref(ref) if ref else None


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "That address and password do not go together.",
        LOCKED_OUT: (
            "Too many wrong tries. Signing in with this address from here rests for five minutes; "
            "then try again, or reset your password."
        ),
        "email_taken": "This address cannot be signed up. If it is yours, sign in, or ask for a new password.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return settings.STUDIO_SIGNUP == "open" or invitation_of(request) is not None

    def save_user(self, request, user, form, commit=True):
        """Give the new person their own project."""
        user = super().save_user(request, user, form, commit)
        Project.objects.personal_for(user)
        return user

    def pre_login(self, request, user, **kwargs):
        """Take the word of whoever made this account by hand: only sign-up leaves an address to be verified."""
        if not EmailAddress.objects.filter(user=user).exists():
            user.vouch_for_address()
        return super().pre_login(request, user, **kwargs)

    def post_login(self, request, user, **kwargs):
        """Use up the invitation the person came with, so that they land in its project."""
        invitation = invitation_of(request)
        if invitation and invitation.email == user.email.lower():
            with suppress(workflow.Refused):  # the address is not proven yet: it waits on their page of projects
                join_now(request, invitation, user)
        return super().post_login(request, user, **kwargs)

    def can_delete_email(self, email_address: EmailAddress) -> bool:
        """An account is never without its address; one that it was to change to can be dropped."""
        return email_address.email != email_address.user.email.lower()

    def send_mail(self, template_prefix: str, email: str, context: dict) -> None:
        """Write to nobody who has no account and could not make one; a mail server that is away stops nobody."""
        if template_prefix == "account/email/unknown_account" and settings.STUDIO_SIGNUP != "open":
            return
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, ValueError) as error:  # as in workflow.mailing
            log.warning("a mail (%s) could not be sent: %s", template_prefix.rpartition("/")[2], error)
            if self.request and template_prefix.startswith(PROOFS):  # a reset would tell who has an account
                messages.error(self.request, UNSENT)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials) -> str:
        """Count wrong passwords by address *and* by where they come from: a guesser locks out no one else."""
        return f"{super()._get_login_attempts_cache_key(request, **credentials)}:{get_ip(request)}"


class SignupForm(AllauthSignupForm):
    """allauth's form, bound to the invited address when there is an invitation."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.invitation = invitation_of(context.request)
        if self.invitation:
            self.fields["email"].initial = self.invitation.email
            self.fields["email"].widget.attrs["readonly"] = True

    def clean_email(self) -> str:
        email = super().clean_email()
        if self.invitation and email.lower() != self.invitation.email:
            raise forms.ValidationError(f"This invitation is for {self.invitation.email}.")
        return email


class ChangeAddressForm(AddEmailForm):
    """Asks for proof of a new address; until that comes, the account keeps the one it has, proven or not."""

    def save(self, request: HttpRequest) -> EmailAddress:
        EmailAddress.objects.filter(user=self.user, verified=False).exclude(email=self.user.email.lower()).delete()
        return EmailAddress.objects.add_email(request, self.user, self.cleaned_data["email"], confirm=True)


@method_decorator(login_required, name="dispatch")
class AddressView(allauth.EmailView):
    """The account's address. A new one takes its place by being proven, and in no other way."""

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        offered = {"action_add", "action_send", "action_remove"}
        if not settings.EMAIL_CONFIGURED or offered.isdisjoint(request.POST):
            return redirect("account_email")
        return super().post(request, *args, **kwargs)

    def get_context_data(self, **kwargs) -> dict:
        found = super().get_context_data(**kwargs)
        unproven = EmailAddress.objects.filter(user=self.request.user, verified=False)
        return found | {
            "address_is_proven": self.request.user.address_is_proven,
            "new_emailaddress": unproven.exclude(email=self.request.user.email.lower()).last(),
        }


class LoginView(allauth.LoginView):
    def form_invalid(self, form) -> HttpResponse:
        """Say with the status, too, when the address is locked out for a while."""
        response = super().form_invalid(form)
        if form.has_error(NON_FIELD_ERRORS, LOCKED_OUT):
            response.status_code = 429
        return response


@require_GET
def join(request: Request, token: str) -> HttpResponse:
    """Follow an invitation: join at once when signed in; sign in or sign up first otherwise.

    A link that came by mail proves the address. Any other one does so only where no mail is set up to prove it with.
    """
    invitation = workflow.people.open_invitation(token)
    if invitation is None:
        return render(request, "people/invitation_over.html", status=410)
    is_mailed = workflow.people.is_mailed_proof(invitation, request.GET.get(MAILED, ""))
    if request.user.is_authenticated:
        if is_mailed and invitation.email == request.user.email.lower():
            request.user.vouch_for_address()
        return _join(request, invitation)
    if User.objects.filter(email__iexact=invitation.email).exists():
        return redirect_to_login(request.get_full_path())
    request.session[SESSION_KEY] = invitation.ref
    request.session[VERIFIED] = invitation.email if is_mailed or not settings.EMAIL_CONFIGURED else None
    return redirect("account_signup")


@login_required
@require_POST
def accept(request: Request, ref: str) -> HttpResponse:
    """Accept an invitation that stands on one's own page of projects."""
    return _join(request, get_object_or_404(access.received_invitations(request.user), ref=ref))


def _join(request: Request, invitation: Invitation) -> HttpResponse:
    try:
        join_now(request, invitation, request.user)
    except workflow.Refused as refused:
        found = {
            "sentence": refused.sentence,
            "invited": invitation.email,
            "other_account": invitation.email != request.user.email.lower(),
            "to_prove": refused.field == workflow.people.UNPROVEN,
        }
        return render(request, "people/invitation_over.html", found, status=403)
    return redirect("studio", invitation.project.ref) if invitation.project else redirect("home")


def join_now(request: HttpRequest, invitation: Invitation, user: User) -> None:
    """Use an invitation up, and have the person land in its project, knowing who invited them.

    Raises:
        Refused: as `workflow.people.accept`.
    """
    workflow.people.accept(invitation, user)
    request.session.pop(SESSION_KEY, None)
    if project := invitation.project:
        request.session["project"] = project.ref
        role = access.role(user, project) or invitation.role
        article = "a" if role == "viewer" else "an"
        messages.success(
            request, f"{invitation.invited_by.label} invited you to “{project.name}”. You are {article} {role} here."
        )
