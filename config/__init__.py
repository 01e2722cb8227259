"""The only room that knows all three apps: settings, URLs, the schedule and the commands that span them."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
