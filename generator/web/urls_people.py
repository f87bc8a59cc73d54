"""The addresses of people, their accounts and their spend."""

from django.urls import path

from generator.web import accounts, health, people, spend

urlpatterns = [
    path("join/<str:token>/", accounts.join, name="join"),
    path("account/", people.account, name="account"),
    path("people/invite/", people.invite, name="invite"),
    path("people/invite/<str:token>/withdraw/", people.withdraw, name="withdraw"),
    path("projects/new/", people.new_project, name="new-project"),
    path("spend/", spend.spend, name="spend"),
    path("spend/lines/", spend.lines, name="spend-lines"),
    path("healthz", health.healthz, name="healthz"),
]
