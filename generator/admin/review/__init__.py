"""The billing review: a monthly overview, the work list, the entries behind every figure, controls and the audit log.

Reviewers view and comment (`view_billing`); controllers also book (`manage_billing`). Views only: the rules for
bookings are in `services.billing` (`issue_resolution`, `period_close`, `suspensions`, `budget_requests`).
"""

from django.urls import URLPattern, path

from generator.admin.review import controls, issues, overview, reconciliation, work_list


def urls() -> list[URLPattern]:
    """Return the URL patterns, relative to /admin/."""
    return [
        path("review/", overview.overview_page, name="review"),
        path("review/ledger-entries/", overview.lines, name="review-lines"),
        path("review/issues/", issues.work, name="review-issues"),
        path("review/issues/check/", issues.reconcile_now, name="review-check"),
        path("review/issues/views/", work_list.save_view, name="review-save-view"),
        path("review/issues/views/<int:pk>/delete/", work_list.delete_view, name="review-delete-view"),
        path("review/issues/<int:pk>/", issues.issue, name="review-issue"),
        path("review/generations/<str:public_id>/", issues.run, name="review-generation"),
        path("review/reconciliation/<slug:key>/", reconciliation.reconciliation_page, name="review-reconciliation"),
        path("review/months/", controls.months, name="review-months"),
        path("review/suspensions/", controls.suspensions_page, name="review-suspensions"),
        path("review/budget-requests/", controls.requests, name="review-budget-requests"),
        path("review/audit-log/", controls.audit_log, name="review-audit-log"),
    ]
