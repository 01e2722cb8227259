"""The Celery app in a storm: each message is sent three times, and a simulated hour lasts a second."""

import os
from datetime import timedelta
from typing import Any

import django
from celery.app.amqp import AMQP

from config.celery import app as app

django.setup()

from attestation.notices import delivery  # noqa: E402  its models stand only now

COPIES = 3
EVERY_S = float(os.environ.get("FAULTS_SWEEP_EVERY_S") or 1)

for _name in ("sweep", "deliver"):
    app.conf.beat_schedule[_name]["schedule"] = EVERY_S

# Ten minutes pass here in a moment: a letter on its way would be taken for one whose sender was killed.
delivery.CLAIM = timedelta(days=3)

_once = AMQP.send_task_message.__get__(app.amqp)


def send_three_times(*arguments: Any, **options: Any) -> Any:
    """F-D5: the same message, with the same id, as after a redelivery."""
    for _ in range(COPIES - 1):
        _once(*arguments, **options)
    return _once(*arguments, **options)


app.amqp.send_task_message = send_three_times
