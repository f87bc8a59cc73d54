"""What every request needs before a view runs."""

from zoneinfo import ZoneInfo

from django.utils import timezone


class ViewerTimeZone:
    """Show times in the zone the signed-in person chose; the studio's own zone otherwise."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        zone = request.user.time_zone if request.user.is_authenticated else ""
        with timezone.override(ZoneInfo(zone) if zone else None):
            return self.get_response(request)
