"""The WSGI application: Django with STUDIO_WEB_THREADS worker slots."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bgmsite.settings")
_application = get_wsgi_application()

from django.conf import settings  # noqa: E402

from bgmsite.call_stack import with_room  # noqa: E402
from bgmsite.refusals import refuse  # noqa: E402
from generator.http.connection_slots import WorkerSlots  # noqa: E402


def _answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    return with_room(_application, environ, start_response)


application = WorkerSlots(_answer, settings.STUDIO_WEB_THREADS, refuse)
