"""The studio's settings for the tests: a temporary data directory, fast password hashing, the fake providers."""

import atexit
import os
import shutil
import tempfile

_data = tempfile.mkdtemp(prefix="studio-tests-")
atexit.register(shutil.rmtree, _data, ignore_errors=True)
os.environ["STUDIO_DATA"] = _data
os.environ.setdefault("SECRET_KEY", "only-for-the-tests-" + "x" * 50)

from bgmsite.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
if not env.str("REDIS_URL", default=""):  # noqa: F405
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
else:  # one Redis database per parallel test process: clearing one leaves the others alone
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    CACHES["default"]["LOCATION"] = CACHES["default"]["LOCATION"].rpartition("/")[0] + f"/{int(worker) % 16}"
WHITENOISE_AUTOREFRESH = True
STUDIO_PROVIDERS = ["generator.providers.builtin", "tests.fakes.poll", "tests.fakes.stream"]
STUDIO_PRIVATE_DOWNLOADS = True
STUDIO_PRIVATE_WEBHOOKS = True
