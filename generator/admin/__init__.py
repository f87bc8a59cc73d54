"""The admin: people, projects, the catalogue and its prices, caps; ledger and histories to read, never to edit."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin

from generator.admin import catalogue, money, people, review, sounds, team, webhooks, work

admin.site.site_header = "BGM Studio"
admin.site.site_title = "BGM Studio admin"
admin.site.index_title = "Administration"
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

_pages = admin.site.get_urls
admin.site.get_urls = lambda: [*review.urls(), *_pages()]  # type: ignore[method-assign]

__all__ = ["catalogue", "money", "people", "review", "sounds", "team", "webhooks", "work"]
