"""The addresses of people, their accounts and their spend."""

from django.urls import path

from generator.web import account, accounts, budgets, health, hooks, keys, members, news, papers, people, projects, spend

urlpatterns = [
    path("join/<str:token>/", accounts.join, name="join"),
    path("accounts/login/", accounts.LoginView.as_view(), name="account_login"),  # before allauth's own
    path("account/", account.account, name="account"),
    path("account/sign-out-elsewhere/", account.sign_out_elsewhere, name="sign-out-elsewhere"),
    path("account/keys/", keys.keys, name="keys"),
    path("p/<str:ref>/keys/", keys.project_keys, name="project-keys"),
    path("keys/<str:ref>/cap/", keys.cap, name="key-cap"),
    path("keys/<str:ref>/revoke/", keys.revoke, name="key-revoke"),
    path("people/invite/", people.invite, name="invite"),
    path("people/invite/<str:token>/withdraw/", people.withdraw, name="withdraw"),
    path("people/invite/<str:token>/resend/", people.resend, name="resend"),
    path("projects/", projects.projects, name="projects"),
    path("projects/new/", projects.new_project, name="new-project"),
    path("p/<str:ref>/settings/", projects.settings, name="project-settings"),
    path("p/<str:ref>/settings/name/", projects.rename, name="project-rename"),
    path("p/<str:ref>/settings/house/", projects.house, name="project-house"),
    path("p/<str:ref>/settings/approver/", projects.approver, name="project-approver"),
    path("p/<str:ref>/archive/", projects.archive, name="project-archive"),
    path("p/<str:ref>/unarchive/", projects.unarchive, name="project-unarchive"),
    path("p/<str:ref>/people/", members.people, name="project-people"),
    path("p/<str:ref>/people/role/", members.change_role, name="member-role"),
    path("p/<str:ref>/people/remove/", members.remove, name="member-remove"),
    path("p/<str:ref>/people/transfer/", members.transfer, name="project-transfer"),
    path("p/<str:ref>/people/invite/", members.invite, name="project-invite"),
    path("p/<str:ref>/leave/", members.leave, name="leave"),
    path("account/news/", news.choose, name="news-choices"),
    path("news/", news.news, name="news"),
    path("news/bell/", news.bell, name="bell"),
    path("news/read/", news.read, name="news-read"),
    path("news/<int:pk>/", news.follow, name="news-follow"),
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
