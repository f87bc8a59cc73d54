"""Pages for anyone who has a link, without an account. Every request checks the link again."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from django.http import Http404, HttpResponseBase
from django.shortcuts import render

from generator.web.site.htmx import Request

Shared = TypeVar("Shared")
View = Callable[[Request, Shared], HttpResponseBase]
Page = Callable[..., HttpResponseBase]


def by_link(
    find: Callable[[str], Shared | None], works: Callable[[Shared], bool], over: str
) -> Callable[[View[Shared]], Page]:
    """Return a decorator for views that get what is behind the address of their URL: 404 if unknown; never indexed.

    What no longer works is shown with the template `over`, as `shared`, with status 410.
    """

    def decorate(view: View[Shared]) -> Page:
        @wraps(view)
        def wrapper(request: Request, **of_url: str) -> HttpResponseBase:
            (address,) = of_url.values()
            shared = find(address)
            if shared is None:
                raise Http404("no such link")
            reply = view(request, shared) if works(shared) else render(request, over, {"shared": shared}, status=410)
            reply["X-Robots-Tag"] = "noindex, nofollow"
            # A cached copy would still play after the link is revoked.
            reply["Cache-Control"] = "private, no-cache"
            return reply

        return wrapper

    return decorate
