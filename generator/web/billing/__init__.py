"""Billing pages for all users: spend and budgets. The pages for finance are in `generator.admin.review`."""
