"""Your account: name, time zone, theme, and who is signed in as you."""

from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from generator.models import User
from generator.web import news
from generator.web.htmx import Request
from generator.web.people import may_invite

ZONES = [*sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")), "UTC"]


class ProfileForm(forms.ModelForm):
    time_zone = forms.CharField(
        max_length=64,
        required=False,
        validators=User._meta.get_field("time_zone").validators,
        widget=forms.TextInput(
            attrs={"list": "zones", "autocomplete": "off", "spellcheck": "false", "data-zone-field": True}
        ),
        help_text="Type a city to find its zone. While it is empty, times are shown in your browser’s zone.",
    )

    class Meta:
        model = User
        fields = ("name", "time_zone", "theme")

    def clean_time_zone(self) -> str:
        return self.cleaned_data["time_zone"].strip()


@login_required
@require_http_methods(["GET", "POST"])
def account(request: Request) -> HttpResponse:
    """Name, time zone, theme, and the way to password and second factor."""
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("account")
    found = {"form": form, "zones": ZONES, "here": "account", "may_invite": may_invite(request.user)}
    found |= {"studio_zone": settings.TIME_ZONE, "news_choices": news.choices(request.user)}
    return render(request, "people/account.html", found, status=422 if form.errors else 200)


@login_required
@require_POST
def sign_out_elsewhere(request: Request) -> HttpResponse:
    """End every other session of this person, on all their devices; this one goes on."""
    request.user.end_sessions()
    update_session_auth_hash(request, request.user)
    messages.success(request, "You are signed out everywhere but here.")
    return redirect("account")
