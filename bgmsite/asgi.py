"""The ASGI application that granian serves: the WSGI application, behind an event loop for slow clients."""

from bgmsite.wsgi import application as _application  # first: it sets Django up

# isort: split
from django.conf import settings

from generator.api.refused import refuse
from generator.web.asgi import Server

application = Server(_application, settings.STUDIO_WEB_THREADS + settings.STUDIO_STREAMS, refuse)
