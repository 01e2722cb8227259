"""The search keys of all employees are written anew, folded and spelled; an index over their words.

No extension is needed: an array of words makes a tsvector, and a GIN index finds the beginning of any. In
batches, each committed by itself: running it again does the rest.
"""

from django.db import migrations

from attestation.models.name_search import WORDS
from attestation.names import search_key

BATCH = 2000


def fill_keys(apps, schema_editor):
    employees = apps.get_model("attestation", "Employee").objects
    last = 0
    while people := list(
        employees.filter(pk__gt=last)
        .order_by("pk")
        .only("last_name", "first_name", "patronymic")[:BATCH]
    ):
        for person in people:
            person.search_key = search_key(person.last_name, person.first_name, person.patronymic)
        employees.bulk_update(people, ["search_key"], batch_size=200)
        last = people[-1].pk


def add_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "CREATE INDEX IF NOT EXISTS employee_search_words ON attestation_employee"
            f" USING gin ({WORDS.format('search_key')})"
        )


def drop_index(apps, schema_editor):
    schema_editor.execute("DROP INDEX IF EXISTS employee_search_words")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("attestation", "0018_answers_about_files")]

    operations = [
        migrations.RunPython(fill_keys, migrations.RunPython.noop),
        migrations.RunPython(add_index, drop_index),
    ]
