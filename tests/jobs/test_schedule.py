"""What Beat sends: the tasks of the schedule, each of which runs."""

import pytest

from attestation.models import JobRun
from config.celery import app
from office import tasks
from tests.jobs.story import STAGE_OVER, Story


def test_the_tasks_are_those_of_the_schedule_and_run(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    story.listed(story.employee())
    monkeypatch.setattr("attestation.clock.now", lambda: STAGE_OVER)
    scheduled = {row["task"] for row in app.conf.beat_schedule.values()}
    every = (tasks.sweep, tasks.deliver, tasks.imports, tasks.replay_due)
    assert scheduled == {task.name for task in every}
    for task in every:
        task()
    # “ladders” is what the reminders keep of the rule sets, no task.
    assert set(JobRun.objects.exclude(name="ladders").values_list("name", "finished_at")) == {
        ("sweep", STAGE_OVER),
        ("replay", STAGE_OVER),
    }
