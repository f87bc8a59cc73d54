"""`DIR/.env` and the environment: errors name their line or variable, and nothing starts."""

import json
import os
import re
import subprocess
import sys

import pytest

from bgmsite import environment
from tests.management.tree import ROOT

SECRET = "SECRET_KEY=" + "s" * 50
HIDDEN = "hunter2"  # a piece of every secret below
WRONG = [
    "STUDIO_TRASH_DAYS = 3",
    "STUDIO_API_RATE= 5",
    "STUDIO_SIGNUP =open",
    "STUDIO_STREAMS=9  # a comment",
    "STUDIO_SENDFILE=#nginx",
    'ALLOWED_HOSTS="studio.example.com" # ours',
    "STUDIO_URL='https://studio.example.com",
    'TIME_ZONE="UTC" UTC',
    "just some words",
    "STUDIO_WEB_THREADS: 4",
    "SECRET_KEY=again" + HIDDEN,
    "STUDIO_WORKER=4",
    "studio_beat_seconds=5",
    "ALLOWED_HOST=a.example.com",
    "STUDIO_NOTHING=1",
    "STUDIO_WORKERS=four",
    "STUDIO_WEB_PROCESSES=0",
    "STUDIO_HTTPS=maybe",
    "STUDIO_STALE_SECONDS=nan",
    "LOG_LEVEL=loud",
    f"DATABASE_URL=mysql://me:{HIDDEN}@localhost/studio",
    f"EMAIL_URL=smtp+tls://me:{HIDDEN}#1@mail.example.com:587",
    f"REDIS_URL=redis://:{HIDDEN}@localhost:port/0",
    "CSRF_TRUSTED_ORIGINS=studio.example.com",
    "STUDIO_TRUSTED_PROXIES=-1",
    "DEFAULT_FROM_EMAIL=the studio",
    "STUDIO_URL=https://*.example.com",
    "STUDIO_PROVIDERS=generator.providers.builtin,not a module",
    "STUDIO_DATA=/srv/studio",
    "DEBUG=\x00",
]
URLS = {
    "EMAIL_URL": [
        "smtp+tls://me:{}/x@mail.example.com:587",
        "smtp+tls://me:{}?x@mail.example.com:587",
        "smtp+tls://me:{}#x@mail.example.com:587",
        "smtp+tls://me:{}[x@mail.example.com:587",
        "smtp+tls://me:12?{}@mail.example.com",
        "smtp+tls://me:{}%zz@mail.example.com:587",
        "smtp+tls://me:{} x@mail.example.com:587",
        "smtp+tls://me:{}@:587",
        "mail.example.com:{}",
        "{}://mail.example.com",
    ],
    "DATABASE_URL": [
        "postgres://studio:{}/x@localhost/studio",
        "postgres://studio:{}#x@localhost/studio",
        "postgres://studio:{}@localhost:543z/studio",
        "postgres://studio:{}@localhost",
        "sqlite://{}",
        "sqlite://",
        "{}",
        "oracle://studio:{}@localhost/studio",
    ],
    "REDIS_URL": [
        "localhost:6379/{}",
        "redis://:{}/x@localhost:6379/0",
        "memcache://{}",
        "redis://localhost/{}",
        "redis://:{}@localhost/0?bogus=1",
        "redis:///tmp/{}.sock?bogus=1",
    ],
}
ASK = """
import json, os
from django.conf import settings
names = ("STUDIO_WORKERS", "ALLOWED_HOSTS", "HTTPS", "SECRET_KEY", "DATABASES", "EMAIL_HOST", "EMAIL_HOST_USER",
         "EMAIL_HOST_PASSWORD", "EMAIL_PORT")
print(json.dumps({name: getattr(settings, name, None) for name in names} | {"PROXY": os.environ.get("SOME_PROXY")}))
"""


def started(folder, *command: str, **env: str) -> subprocess.CompletedProcess:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    return subprocess.run(
        [sys.executable, *(command or ("manage.py", "studio"))],
        cwd=ROOT,
        env=kept | {"STUDIO_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "bgmsite.settings"} | env,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def settings_from(folder, content: bytes) -> dict:
    (folder / ".env").write_bytes(content)
    done = started(folder, "-c", ASK)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_wrong_line_is_named_and_nothing_is_started(tmp_path):
    (tmp_path / ".env").write_text("\n".join([SECRET, "# right", "", *WRONG]))
    refused = started(tmp_path)
    assert (refused.returncode, refused.stdout) == (2, "")
    named = [int(number) for number in re.findall(r"\.env, line (\d+): ", refused.stderr)]
    assert sorted(named) == list(range(4, 4 + len(WRONG)))
    assert len(refused.stderr.splitlines()) == len(WRONG)
    assert HIDDEN not in refused.stderr
    assert [path.name for path in tmp_path.iterdir()] == [".env"]


def test_a_wrong_variable_of_the_environment_is_named(tmp_path):
    (tmp_path / ".env").write_text(f"{SECRET}\nSTUDIO_WORKERS=4\n")
    wrong = {"STUDIO_WORKERS": "four", "STUDIO_WEB_THREAD": "4", "EMAIL_URL": f"smtp://me:{HIDDEN}#1@host"}
    refused = started(tmp_path, **wrong, STUDIO_SERVICE_HOST="10.0.0.1", ANDROID_STUDIO="x")
    assert refused.returncode == 2
    assert sorted(re.findall(r"^The environment variable (\w+):", refused.stderr, re.M)) == sorted(wrong)
    assert HIDDEN not in refused.stderr


@pytest.mark.parametrize(
    ("value", "is_right"),
    [
        ("a@example.com", True),
        ("The Studio <a@example.com>", True),
        ('"Studio, Inc." <a@example.com>', True),
        ("Stüdio <a@example.com>", True),
        ("Studio, Inc. <a@example.com>", False),
        ("a@example.com, b@example.com", False),
        ("<a@example.com", False),
        ("Studio <a@example.com> x", False),
        ("Studio", False),
    ],
)
def test_a_sender_is_one_address(value, is_right):
    env = environment.Environment({"DEFAULT_FROM_EMAIL": value})
    env.read("DEFAULT_FROM_EMAIL", "", environment.sender)
    assert (not env.problems) == is_right


@pytest.mark.parametrize(("name", "url"), [(name, url) for name, urls in URLS.items() for url in urls])
def test_an_address_that_cannot_be_read_is_refused_without_its_secrets(name, url):
    env = environment.Environment({name: url.format(HIDDEN)})
    read = {"EMAIL_URL": environment.mail, "DATABASE_URL": environment.database, "REDIS_URL": environment.cache}
    assert env.read(name, None, read[name]) is None
    with pytest.raises(environment.SettingsError) as raised:
        env.check()
    assert name in str(raised.value)
    assert HIDDEN not in str(raised.value)


def test_what_is_right_is_read_whatever_wrote_the_file(tmp_path):
    lines = [
        "\ufeff" + SECRET,
        "  # a comment",
        "export STUDIO_WORKERS='2'  ",
        "ALLOWED_HOSTS=studio.example.com, .example.org,[::1]",
        "STUDIO_HTTPS=ON",
        "STUDIO_TRASH_DAYS=",
        'EMAIL_URL="smtp+tls://me@example.com:p%23s:s@mail.example.com"',
        "DATABASE_URL=postgres://studio:p%2Fw@db.example.com:5433/studio?sslmode=require",
        "SOME_PROXY=http://proxy.example.com:3128",
    ]
    read = settings_from(tmp_path, "\r\n".join(lines).encode())
    assert (read["SECRET_KEY"], read["STUDIO_WORKERS"], read["HTTPS"]) == ("s" * 50, 2, True)
    assert read["ALLOWED_HOSTS"] == ["studio.example.com", ".example.org", "[::1]"]
    assert (read["EMAIL_HOST_USER"], read["EMAIL_HOST_PASSWORD"]) == ("me@example.com", "p#s:s")
    assert (read["EMAIL_HOST"], read["EMAIL_PORT"]) == ("mail.example.com", 587)
    assert read["DATABASES"]["default"]["PASSWORD"] == "p/w"
    assert read["DATABASES"]["default"]["PORT"] == 5433
    assert read["PROXY"] == "http://proxy.example.com:3128"


@pytest.mark.parametrize("content", [SECRET.encode("utf-16"), SECRET.encode() + b"\nTIME_ZONE=\xe4\n"])
def test_a_file_in_another_encoding_is_refused(tmp_path, content):
    (tmp_path / ".env").write_bytes(content)
    refused = started(tmp_path)
    assert refused.returncode == 2
    assert re.search(r"\.env, line \d+: ", refused.stderr)
    assert "Traceback" not in refused.stderr


def test_quoted_values_keep_what_is_between_the_quotes(tmp_path):
    (tmp_path / ".env").write_text("""A="a # b"\nB='c "d" # e'\nC="f\\"g\\\\h"\nD=i'j#k\nE="#l"\n""")
    found: dict[str, str] = {}
    env = environment.Environment(found)
    env.read_file(tmp_path / ".env")
    env.check()
    assert found == {"A": "a # b", "B": 'c "d" # e', "C": 'f"g\\h', "D": "i'j#k", "E": "#l"}


def test_names_from_before_the_first_release_are_still_read():
    variables = {"STUDIO_BIN_DAYS": "7", "STUDIO_BEAT_SECONDS": "2", "STUDIO_HEARTBEAT_SECONDS": "3"}
    read = environment.Environment(variables)
    assert read.int("STUDIO_TRASH_DAYS", 30) == 7
    assert read.float("STUDIO_HEARTBEAT_SECONDS", 5.0) == 3.0
    read.check()
