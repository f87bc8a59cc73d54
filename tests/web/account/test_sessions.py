"""Session contents cannot be read from a copy of the database."""

import base64
import zlib

from django.contrib.sessions.backends.db import SessionStore as PlainStore
from django.contrib.sessions.models import Session
from django.urls import reverse

from generator.web.site.encrypted_sessions import SessionStore

SETTING_UP = "mfa.totp.secret"


def readable(row: Session) -> bytes:
    """Return everything that can be read from a row without the studio's secret."""
    found = [row.session_data.encode()]
    for part in row.session_data.lstrip(".").split(":"):
        try:
            raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
            found += [raw, zlib.decompress(raw)]
        except (ValueError, zlib.error):
            continue
    return b"\n".join(found)


def test_the_secret_of_a_second_factor_that_is_being_set_up_is_sealed(user_client):
    """allauth stores it there between the page with the QR code and the first code."""
    session = user_client.session
    session[SETTING_UP] = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    session.save()
    assert user_client.session[SETTING_UP].startswith("JBSW")
    for row in Session.objects.all():
        assert b"JBSWY3DP" not in readable(row)
        assert SETTING_UP.encode() not in readable(row)


def test_whoever_was_signed_in_before_sessions_were_sealed_still_is(user_client):
    row = Session.objects.get()
    plain = PlainStore().encode(dict(user_client.session))
    assert b"_auth_user_id" in readable(Session(session_data=plain))
    Session.objects.filter(pk=row.pk).update(session_data=plain)
    assert user_client.get(reverse("account")).status_code == 200
    session = user_client.session
    session["seen"] = True
    session.save()
    assert b"_auth_user_id" not in readable(Session.objects.get())
    assert user_client.get(reverse("account")).status_code == 200


def test_a_session_that_cannot_be_read_is_an_empty_one(user_client):
    Session.objects.update(session_data="nonsense")
    assert user_client.get(reverse("account")).status_code == 302
    assert SessionStore().decode("gAAAAAnonsense") == {}
