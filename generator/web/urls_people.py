"""The addresses of people, their accounts and their spend."""

from django.urls import path

from generator.web import account, accounts, budgets, health, hooks, papers, people, spend

urlpatterns = [
    path("join/<str:token>/", accounts.join, name="join"),
    path("accounts/login/", accounts.LoginView.as_view(), name="account_login"),  # before allauth's own
    path("account/", account.account, name="account"),
    path("account/sign-out-elsewhere/", account.sign_out_elsewhere, name="sign-out-elsewhere"),
    path("people/invite/", people.invite, name="invite"),
    path("people/invite/<str:token>/withdraw/", people.withdraw, name="withdraw"),
    path("projects/new/", people.new_project, name="new-project"),
    path("spend/", spend.spend, name="spend"),
    path("spend/lines/", spend.lines, name="spend-lines"),
    path("spend/statement.pdf", papers.statement, name="statement"),
    path("t/<str:ref>/papers/", papers.papers, name="papers"),
    path("t/<str:ref>/papers.pdf", papers.certificate, name="certificate"),
    path("p/<str:ref>/budget/", budgets.budget, name="budget"),
    path("budgets/<int:pk>/more/", budgets.more, name="ask-for-more"),
    path("requests/<int:pk>/answer/", budgets.answer, name="answer-request"),
    path("hooks/<slug:key>/", hooks.hook, name="hook"),
    path("healthz", health.healthz, name="healthz"),
]
