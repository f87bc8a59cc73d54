"""Signing up and in: by invitation or openly, as STUDIO_SIGNUP says."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request) -> bool:
        return settings.STUDIO_SIGNUP == "open"
