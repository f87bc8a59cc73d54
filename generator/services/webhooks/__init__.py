"""Webhooks: signed messages about the events of a project, delivered at least once.

states, ingest, approvals, budget_alerts ──► events.tell ──► one row per webhook (the outbox, in their transaction)
                                                             │
the heartbeat task, or the row's own task ──► delivery.run: claim, record the attempt, send, record the outcome
"""
