"""The only room that knows all three apps: settings, URLs, the schedule and the commands that span them."""

import gc

# Looking for garbage after every 700 objects, as Python does, is a sixth of what a start costs.
gc.set_threshold(50_000, 20, 20)

from config.celery import app as celery_app  # noqa: E402  what it imports is the most of a start

__all__ = ["celery_app"]
