"""URLs of accounts, teams, billing, documents and provider webhooks."""

from django.urls import path

from generator.web.account import auth, profile
from generator.web.billing import budgets, spend
from generator.web.generation import provider_webhooks
from generator.web.library import documents
from generator.web.site import setup, web_app
from generator.web.team import api_keys, invitations, members, notifications, projects, tour, webhooks

urlpatterns = [
    path("manifest.webmanifest", web_app.manifest, name="manifest"),
    path("service-worker.js", web_app.service_worker, name="service-worker"),
    path("offline/", web_app.offline, name="offline"),
    path("setup/", setup.setup, name="setup"),
    path("tour/", tour.strip, name="tour"),
    path("tour/dismiss/", tour.dismiss, name="tour-dismiss"),
    path("join/<str:token>/", auth.join, name="join"),
    path("accounts/login/", auth.LoginView.as_view(), name="account_login"),  # overrides allauth's
    path("accounts/email/", auth.AddressView.as_view(), name="account_email"),
    path("account/", profile.profile, name="account"),
    path("account/sign-out-elsewhere/", profile.sign_out_elsewhere, name="sign-out-elsewhere"),
    path("account/api-keys/", api_keys.keys, name="keys"),
    path("projects/<str:public_id>/api-keys/", api_keys.project_keys, name="project-keys"),
    path("projects/<str:public_id>/webhooks/", webhooks.webhooks, name="project-webhooks"),
    path("webhooks/<str:public_id>/", webhooks.webhook, name="webhook"),
    path("webhooks/<str:public_id>/test/", webhooks.test, name="webhook-test"),
    path("webhooks/<str:public_id>/pause/", webhooks.pause, name="webhook-pause"),
    path("webhooks/<str:public_id>/resume/", webhooks.resume, name="webhook-resume"),
    path("webhooks/<str:public_id>/rotate-secret/", webhooks.rotate, name="webhook-rotate"),
    path("webhooks/<str:public_id>/delete/", webhooks.delete, name="webhook-delete"),
    path("webhook-deliveries/<str:public_id>/resend/", webhooks.resend, name="webhook-resend"),
    path("api-keys/<str:public_id>/budget/", api_keys.set_budget, name="key-budget"),
    path("api-keys/<str:public_id>/revoke/", api_keys.revoke, name="key-revoke"),
    path("invitations/", invitations.invite, name="invite"),
    path("invitations/<str:public_id>/withdraw/", invitations.withdraw, name="withdraw"),
    path("invitations/<str:public_id>/resend/", invitations.resend, name="resend"),
    path("projects/", projects.projects, name="projects"),
    path("invitations/<str:public_id>/accept/", auth.accept, name="accept-invitation"),
    path("projects/new/", projects.new_project, name="new-project"),
    path("projects/<str:public_id>/settings/", projects.settings, name="project-settings"),
    path("projects/<str:public_id>/settings/name/", projects.rename, name="project-rename"),
    path("projects/<str:public_id>/settings/defaults/", projects.change_defaults, name="project-defaults"),
    path("projects/<str:public_id>/settings/fallback/", projects.change_fallback, name="project-fallback"),
    path("projects/<str:public_id>/settings/approver/", projects.approver, name="project-approver"),
    path("projects/<str:public_id>/archive/", projects.archive, name="project-archive"),
    path("projects/<str:public_id>/unarchive/", projects.unarchive, name="project-unarchive"),
    path("projects/<str:public_id>/members/", members.members_page, name="project-members"),
    path("projects/<str:public_id>/members/role/", members.change_role, name="member-role"),
    path("projects/<str:public_id>/members/remove/", members.remove, name="member-remove"),
    path("projects/<str:public_id>/members/transfer/", members.transfer, name="project-transfer"),
    path("projects/<str:public_id>/members/invite/", members.invite, name="project-invite"),
    path("projects/<str:public_id>/leave/", members.leave, name="leave"),
    path("account/notifications/", notifications.choose, name="notification-preferences"),
    path("notifications/", notifications.notifications_page, name="notifications"),
    path("notifications/bell/", notifications.bell, name="bell"),
    path("notifications/read/", notifications.read, name="notifications-read"),
    path("notifications/<int:pk>/", notifications.open_notification, name="notification"),
    path("spend/", spend.spend, name="spend"),
    path("spend/ledger-entries/", spend.lines, name="spend-lines"),
    path("spend/statement.pdf", documents.statement, name="statement"),
    path("tracks/<str:public_id>/documents/", documents.license_page, name="documents"),
    path("tracks/<str:public_id>/certificate.pdf", documents.certificate, name="certificate"),
    path("projects/<str:public_id>/budget/", budgets.budget, name="budget"),
    path("budgets/<int:pk>/request-increase/", budgets.request_increase, name="request-increase"),
    path("budget-requests/<int:pk>/answer/", budgets.answer, name="answer-budget-request"),
    path("hooks/<slug:key>/", provider_webhooks.hook, name="provider-webhook"),  # as registered with providers before
    path("provider-webhooks/<slug:key>/", provider_webhooks.hook, name="provider-webhook"),
]
