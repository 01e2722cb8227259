"""Notices: rows of the outbox, written in the transaction of the act and sent afterwards, at least once."""

from attestation.notices.delivery import deliver
from attestation.notices.kinds import Kind
from attestation.notices.letters import texts
from attestation.notices.outbox import queue, queue_to_users, supersede
from attestation.notices.reasons import Why, reason_of
from attestation.notices.reminders import deadline_moved, queue_reminders

__all__ = [
    "Kind",
    "Why",
    "deadline_moved",
    "deliver",
    "queue",
    "queue_reminders",
    "queue_to_users",
    "reason_of",
    "supersede",
    "texts",
]
