"""The WSGI application: Django with STUDIO_WEB_THREADS worker slots."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bgmsite.settings")
_application = get_wsgi_application()

from django.conf import settings  # noqa: E402

from bgmsite.refusals import refuse  # noqa: E402
from generator.http.connection_slots import WorkerSlots  # noqa: E402

application = WorkerSlots(_application, settings.STUDIO_WEB_THREADS, refuse)
