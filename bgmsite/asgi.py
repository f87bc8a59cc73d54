"""The ASGI application that granian serves: the WSGI application behind an event loop that handles slow clients."""

from bgmsite.wsgi import application as _application  # must come first: it sets up Django

# isort: split
from django.conf import settings

from bgmsite.refusals import refuse
from generator.web.site.asgi import Server

application = Server(_application, settings.STUDIO_WEB_THREADS + settings.STUDIO_STREAMS, refuse)
