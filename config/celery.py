"""The queue and its schedule, as code.

The database holds the truth: a lost message costs one interval, no more.
"""

import os
import signal
import threading
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from celery import Celery
from celery.signals import (
    beat_init,
    setup_logging,
    task_postrun,
    task_prerun,
    worker_init,
    worker_ready,
    worker_shutting_down,
)

from office.sweep import DELIVER_EVERY_S, IMPORTS_EVERY_S, REPLAY_LOOK_EVERY_S, SWEEP_EVERY_S

HARD_TIME_LIMIT_S = 600
# Shorter than the ten seconds after which a deployment kills.
STOP_WITHIN_S = 5
VISIBILITY_TIMEOUT_S = (
    900  # longer than the hard limit: otherwise a live task would be handed out a second time
)

app = Celery("attestation back office")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    accept_content=["json"],
    task_serializer="json",
    result_backend=None,
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_time_limit=HARD_TIME_LIMIT_S,
    enable_utc=True,
    broker_transport_options={
        "visibility_timeout": VISIBILITY_TIMEOUT_S,
        # Without these two a killed worker's task waits up to another 100 seconds.
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
    },
    broker_connection_retry_on_startup=True,
    # A request or a command that only wakes the worker must not wait for a broker that is away.
    task_publish_retry_policy={
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.2,
        "interval_max": 0.2,
    },
    # Intervals only, and no schedule file: there is nothing that a lost day or a moved clock could misfire.
    beat_scheduler="office.sweep.beat:NotedScheduler",
    beat_schedule={
        name: {
            "task": f"office.tasks.{task}",
            "schedule": every_s,
            # A worker that was away finds one message of a job and no pile: the next one does the same work.
            "options": {"expires": every_s},
        }
        for name, task, every_s in (
            ("sweep", "sweep", SWEEP_EVERY_S),
            ("deliver", "deliver", DELIVER_EVERY_S),
            ("imports", "imports", IMPORTS_EVERY_S),
            ("replay", "replay_due", REPLAY_LOOK_EVERY_S),
        )
    },
)
app.autodiscover_tasks()


# The worker's own process; its children inherit the number.
_worker = {"pid": os.getpid()}


@setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Keep Django's JSON lines: with a receiver here Celery leaves logging alone."""


@worker_init.connect
@beat_init.connect
def refuse_unsafe_start(**_: Any) -> None:
    """Say what is wrong and stop; a plain exception in a signal would be logged and passed over."""
    from django.core.exceptions import ImproperlyConfigured

    from config import checks

    try:
        checks.refuse_unsafe_start()
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from error


@worker_ready.connect
def sweep_at_start(**_: Any) -> None:
    """Do what fell due while nothing ran, instead of waiting for the first interval."""
    app.send_task("office.tasks.sweep")


@worker_init.connect
def remember_the_worker(**_: Any) -> None:
    """The worker is one to whoever watches it, whichever of its children gets a task."""
    _worker["pid"] = os.getpid()


@task_prerun.connect
def name_the_task_in_the_log(task_id: str = "", task: Any = None, **_: Any) -> None:
    """What the task logs names it."""
    from config import logs

    logs.begin_task(task.name, task_id)


@task_postrun.connect
def name_no_task_any_more(**_: Any) -> None:
    """What the worker logs between two tasks is of neither."""
    from config import logs

    logs.end_task()


@task_prerun.connect
def note_that_a_task_came(task: Any = None, **_: Any) -> None:
    """F-D7: a worker that hears nothing from the broker any more gets here no more."""
    from office.sweep import heartbeats

    heartbeats.note_worker(getattr(task.request, "hostname", None) or "", _worker["pid"])


@worker_shutting_down.connect
def stop_in_time(how: str = "", **_: Any) -> None:
    """F-D24: a deployment asks with SIGTERM and kills ten seconds later; Celery alone waits for ever.

    After STOP_WITHIN_S the task is cut off: its transaction is rolled back, its message handed back.
    """
    if how == "Warm":
        timer = threading.Timer(STOP_WITHIN_S, os.kill, (os.getpid(), signal.SIGQUIT))
        timer.daemon = True
        timer.start()
