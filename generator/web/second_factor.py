"""The second factor: allauth's, with its secrets encrypted in the database."""

import base64
import secrets

from allauth.mfa.adapter import DefaultMFAAdapter

from generator.models.sealed import UNREADABLE, seal, unseal


class SecondFactorAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """The secret; where its key is gone, one that nobody knows, so that no code is right."""
        found = unseal(encrypted_text)
        return base64.b32encode(secrets.token_bytes(20)).decode() if found == UNREADABLE else found
