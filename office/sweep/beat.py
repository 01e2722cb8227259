"""The scheduler of `celery beat`: Celery's own, in memory, which says that it has sent something (F-D7)."""

from __future__ import annotations

from typing import Any

from celery.beat import Scheduler


class NotedScheduler(Scheduler):
    """No schedule file and no table: intervals begin anew with the process, and nothing hangs on them."""

    def apply_async(self, entry: Any, *args: Any, **kwargs: Any) -> Any:
        """Hand the task to the broker; only once that went through does beat count as seen."""
        # Imported late: Celery loads this module before Django is set up.
        from office.sweep import heartbeats

        sent = super().apply_async(entry, *args, **kwargs)
        heartbeats.note_beat()
        return sent
