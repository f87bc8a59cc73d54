"""Telling other programs what happens here, signed, at least once.

states, ingest, review, warnings ──► events.tell ──► a row each (the outbox, in their transaction)
                                                        │
a beat, or the task beside the row ──► sending.run: claim, write the try down, send, write down what came of it

events.py     what is told: the table of events, and a program's own `?webhook=`
endpoints.py  a project's webhooks: made, changed, paused, their secrets
bodies.py     what a message says; the doors for programs hand in how they show things
signing.py    the two ways a message is signed
sending.py    the loop that sends
"""

from generator.workflow.webhooks.endpoints import change, delete, make, pause, resend, resume, rotate, send_test
from generator.workflow.webhooks.events import EVENTS, ask_for

__all__ = ["EVENTS", "ask_for", "change", "delete", "make", "pause", "resend", "resume", "rotate", "send_test"]
