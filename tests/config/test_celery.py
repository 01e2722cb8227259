"""The queue's settings: what a killed worker, a poisoned queue or an edited zone must not be able to do."""

import importlib

from config import celery


def test_a_live_task_is_never_handed_out_twice() -> None:
    """Its time limit ends before the broker would give it to another worker."""
    options = celery.app.conf.broker_transport_options
    assert celery.app.conf.task_time_limit < options["visibility_timeout"]
    assert (options["unacked_restore_interval"], options["unacked_restore_throttle"]) == (10, 1)


def test_a_killed_workers_task_comes_back() -> None:
    conf = celery.app.conf
    assert (conf.task_acks_late, conf.task_reject_on_worker_lost, conf.worker_prefetch_multiplier) == (
        True,
        True,
        1,
    )


def test_only_json_is_read_from_the_queue() -> None:
    """F-W12: a pickled message would run as code."""
    assert (celery.app.conf.accept_content, celery.app.conf.task_serializer) == (["json"], "json")


def test_every_scheduled_task_exists_and_runs_by_interval() -> None:
    """F-D13: nothing stands at an hour of the day, so a moved clock or zone misfires nothing."""
    importlib.import_module("office.tasks")
    for name, entry in celery.app.conf.beat_schedule.items():
        assert entry["task"] in celery.app.tasks, name
        assert isinstance(entry["schedule"], int), name
    assert celery.app.conf.timezone == "Asia/Almaty"
