"""`celery -A tests.config.slow_worker`: the product's worker, whose sweep halts in the middle of a row.

What it has written by then in that row's transaction must not be there afterwards.
"""

import time
from datetime import datetime
from pathlib import Path

from celery.signals import worker_init
from django.conf import settings

from config.celery import app

__all__ = ["app"]


def half(*, now: datetime, safeguards: object) -> int:
    """One row is done and committed, in another one we stop for a minute."""
    from django.db import transaction

    from attestation.models import JobRun

    JobRun.objects.create(name="done")
    with transaction.atomic():
        JobRun.objects.create(name="half")
        Path(settings.DATA_DIR, "in-the-middle").touch()
        time.sleep(60)
    return 1


@worker_init.connect(weak=False)
def slow_down(**_: object) -> None:
    """Once Django is set up, before the children are forked."""
    from office.sweep import sweep

    sweep.STEPS = tuple(
        step._replace(work=half) if step.name == "terms_closed" else step for step in sweep.STEPS
    )
