"""Errors and notes of imports are codes with values; the sentences stored until now stay as they were worded.

The sheet that was read stands in its own column: its sentence, the first of a file's, is not kept twice.
"""

from django.db import migrations

LANGUAGES = ("kk", "ru", "en")


def as_worded(sentence):
    return {"code": "as_worded", "params": {}, "texts": dict.fromkeys(LANGUAGES, sentence)}


def of_cell(error):
    place = {name: error.get(name) for name in ("field", "column", "value")}
    return {**place, **as_worded(error["message"])}


def of_row(note):
    return {"field": None, "column": None, **as_worded(note)}


def keep_sentences(apps, schema_editor):
    jobs = apps.get_model("attestation", "ImportJob").objects
    for job in jobs.exclude(notes=[]).iterator():
        notes = job.notes[1:] if job.sheet else job.notes
        jobs.filter(pk=job.pk).update(notes=[as_worded(note) for note in notes])
    rows = apps.get_model("attestation", "ImportRow").objects
    for row in rows.exclude(errors=[], notes=[]).iterator():
        errors, notes = [of_cell(error) for error in row.errors], [of_row(note) for note in row.notes]
        rows.filter(pk=row.pk).update(errors=errors, notes=notes)


class Migration(migrations.Migration):
    dependencies = [("attestation", "0012_test_language")]

    operations = [migrations.RunPython(keep_sentences, migrations.RunPython.noop)]
