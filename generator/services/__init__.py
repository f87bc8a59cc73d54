"""The only code that changes state or money, one folder per subject. Callers import the module they need.

generation     validation, submission, local composing, state changes, completion, cancellation
provider_jobs  remote work: submitting, polling, downloading, circuit breaker, accounts, catalog
billing        ledger, budgets, reconciliation, period close; billing.reports only reads
library        tracks, files, stems, references, sharing, approvals
team           projects, members, invitations, notifications, API keys
webhooks       events, payloads, delivery, signing
background     cluster tasks, claims on work, nightly housekeeping
"""
