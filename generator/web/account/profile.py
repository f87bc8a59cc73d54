"""The account page: name, time zone, theme, sessions."""

from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from generator.models import User
from generator.web.site.htmx import Request
from generator.web.team import notifications
from generator.web.team.invitations import may_invite

ZONES = [*sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")), "UTC"]


class ProfileForm(forms.ModelForm):
    time_zone = forms.CharField(
        max_length=64,
        required=False,
        validators=User._meta.get_field("time_zone").validators,
        widget=forms.TextInput(
            attrs={"list": "zones", "autocomplete": "off", "spellcheck": "false", "data-zone-field": True}
        ),
        help_text=gettext_lazy(
            "Type a city to find its time zone. If this field is empty, times are shown in your browser’s time zone."
        ),
    )

    class Meta:
        model = User
        fields = ("name", "time_zone", "theme", "plays_on_move")

    def clean_time_zone(self) -> str:
        return str(self.cleaned_data["time_zone"]).strip()


@login_required
@require_http_methods(["GET", "POST"])
def profile(request: Request) -> HttpResponse:
    """Show and change name, time zone and theme; link to password and second factor."""
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("account")
    context = {"form": form, "zones": ZONES, "here": "account", "may_invite": may_invite(request.user)}
    context |= {"studio_zone": settings.TIME_ZONE, "notification_preferences": notifications.choices(request.user)}
    return render(request, "account/profile.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def sign_out_elsewhere(request: Request) -> HttpResponse:
    """End all sessions of this user except the current one."""
    request.user.end_sessions()
    update_session_auth_hash(request, request.user)
    messages.success(request, _("You are signed out on all other devices."))
    return redirect("account")
