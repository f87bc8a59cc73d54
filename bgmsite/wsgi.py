"""The WSGI application: Django, at as many desks as the studio has."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bgmsite.settings")
_application = get_wsgi_application()

from django.conf import settings  # noqa: E402

from generator.api.refused import refuse  # noqa: E402
from generator.web.places import Desks  # noqa: E402

application = Desks(_application, settings.STUDIO_WEB_THREADS, refuse)
