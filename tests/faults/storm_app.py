"""The Celery app in a storm: each message is sent three times, and simulated hours last a second."""

import os
from pathlib import Path
from typing import Any

import django
from celery.app.amqp import AMQP

from config.celery import app as app

django.setup()

from attestation.notices import delivery  # noqa: E402  its models stand only now
from office.sweep import sweep as sweeping  # noqa: E402
from tests.faults.storm_watch import FILE, Work, swept, watched  # noqa: E402

COPIES = 3
EVERY_S = float(os.environ["FAULTS_SWEEP_EVERY_S"])
AT_WORK = Path(os.environ["SIMULATED_CLOCK"]).with_name(FILE)

for _name in ("sweep", "deliver"):
    app.conf.beat_schedule[_name]["schedule"] = EVERY_S

sweeping.run = watched(AT_WORK, sweeping.run, lambda summary: swept(summary.as_data()))
delivery.deliver = watched(AT_WORK, delivery.deliver, Work)

_once = AMQP.send_task_message.__get__(app.amqp)


def send_three_times(*arguments: Any, **options: Any) -> Any:
    """F-D5: the same message, with the same id, as after a redelivery."""
    for _ in range(COPIES - 1):
        _once(*arguments, **options)
    return _once(*arguments, **options)


app.amqp.send_task_message = send_three_times
