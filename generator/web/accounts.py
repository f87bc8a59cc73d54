"""Signing up and in: by invitation or openly, as STUDIO_SIGNUP says. allauth does the rest."""

from allauth.account import views as allauth
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import SignupForm as AllauthSignupForm
from allauth.account.models import EmailAddress
from allauth.core import context
from django import forms
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from generator import workflow
from generator.models import Invitation, Project, User
from generator.web.htmx import Request

SESSION_KEY = "invitation"
LOCKED_OUT = "too_many_login_attempts"


def invitation_of(request: HttpRequest | None) -> Invitation | None:
    """The invitation this visitor came with, if it is still open."""
    token = request.session.get(SESSION_KEY, "") if request else ""
    return workflow.people.open_invitation(token) if token else None


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "That address and password do not go together.",
        LOCKED_OUT: (
            "Too many wrong tries. Signing in with this address rests for five minutes; "
            "then try again, or reset your password."
        ),
        "email_taken": "This address cannot be signed up. If it is yours, sign in, or ask for a new password.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return settings.STUDIO_SIGNUP == "open" or invitation_of(request) is not None

    def save_user(self, request, user, form, commit=True):
        """Give the new person their own project, and use their invitation up."""
        user = super().save_user(request, user, form, commit)
        Project.objects.personal_for(user)
        if invitation := invitation_of(request):
            workflow.people.accept(invitation, user)
            del request.session[SESSION_KEY]
        return user

    def pre_login(self, request, user, **kwargs):
        """Take the word of whoever made this account by hand: only sign-up leaves an address to be verified."""
        if not EmailAddress.objects.filter(user=user).exists():
            EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
        return super().pre_login(request, user, **kwargs)


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


class LoginView(allauth.LoginView):
    def form_invalid(self, form) -> HttpResponse:
        """Say with the status, too, when the address is locked out for a while."""
        response = super().form_invalid(form)
        if form.has_error(NON_FIELD_ERRORS, LOCKED_OUT):
            response.status_code = 429
        return response


@require_GET
def join(request: Request, token: str) -> HttpResponse:
    """Follow an invitation: join at once when signed in; sign in or sign up first otherwise."""
    invitation = workflow.people.open_invitation(token)
    if invitation is None:
        return render(request, "people/invitation_over.html", status=410)
    if request.user.is_authenticated:
        return _join_now(request, invitation)
    if User.objects.filter(email__iexact=invitation.email).exists():
        return redirect_to_login(request.path)
    request.session[SESSION_KEY] = token
    request.session["account_verified_email"] = invitation.email  # whoever invites vouches for the address
    return redirect("account_signup")


def _join_now(request: Request, invitation: Invitation) -> HttpResponse:
    try:
        workflow.people.accept(invitation, request.user)
    except workflow.Refused as refused:
        found = {"sentence": refused.sentence, "other_account": invitation.email != request.user.email.lower()}
        return render(request, "people/invitation_over.html", found, status=403)
    return redirect("studio", invitation.project.ref) if invitation.project else redirect("home")
