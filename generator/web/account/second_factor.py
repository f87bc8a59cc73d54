"""allauth's second factor, with its secrets encrypted in the database."""

import base64
import secrets

from allauth.mfa.adapter import DefaultMFAAdapter

from generator.models.encryption import UNREADABLE, seal, unseal


class SecondFactorAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret; if its key is lost, a random one, so that no code is accepted."""
        secret = unseal(encrypted_text)
        return base64.b32encode(secrets.token_bytes(20)).decode() if secret == UNREADABLE else secret
