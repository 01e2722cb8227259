"""The product's Celery app with a short beat, so that a kill every few seconds meets work.

Only the schedule's intervals differ; tests/faults/stack.py starts workers and beats with it.
"""

import os

from config.celery import app as app

EVERY_S = float(os.environ.get("FAULTS_SWEEP_EVERY_S") or 2)

for _name in ("sweep", "deliver"):
    app.conf.beat_schedule[_name]["schedule"] = EVERY_S
