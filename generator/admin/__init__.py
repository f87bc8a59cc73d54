"""The admin: users, projects, the catalog and its prices, budgets; the ledger and histories are read-only."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from generator.admin import (
    audio_records,
    catalog,
    connectors,
    generations,
    ledger,
    review,
    sections,
    team,
    users,
    vendor_catalog,
    webhooks,
)

admin.site.site_header = "BGM Studio"
admin.site.site_title = _("BGM Studio admin")
admin.site.index_title = _("Administration")
admin.site.index = sections.index  # type: ignore[method-assign]
admin.site.get_app_list = sections.app_list  # type: ignore[method-assign]
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # as allauth documents

_pages = admin.site.get_urls
admin.site.get_urls = lambda: [*review.urls(), *vendor_catalog.urls(), *_pages()]  # type: ignore[method-assign]  # the one way to add to the default site

__all__ = [
    "audio_records",
    "catalog",
    "connectors",
    "generations",
    "ledger",
    "review",
    "sections",
    "team",
    "users",
    "vendor_catalog",
    "webhooks",
]
