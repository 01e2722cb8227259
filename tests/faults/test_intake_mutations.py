"""F-I7, F-I9 to F-I14: a file spoiled at random is read or refused in words; nothing is half-written.

Each is uploaded through the page. `make faults` does 10,000, `make test` 300 of them.
"""

import resource

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Q
from django.urls import reverse

from attestation import clock
from attestation.intake import background, reading
from attestation.models import Employee, ImportJob, ImportRow
from tests.attestation.intake_cast import make_centers
from tests.faults.mutations import spoiled
from tests.shares import share

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frame_once")]

CPU_SECONDS = 10
MEMORY = 300 * 2**20
FEW, MANY = 300, 10_000
PARTS = 10


def cpu() -> float:
    """CPU seconds so far of this process and of its children that ended."""
    spent = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in spent)


def upload(client, seed):
    """The page's answer to one spoiled file, and what it cost; a large one is read as a worker does."""
    name, data = spoiled(seed)
    begun = cpu()
    address = reverse("admin:attestation_importjob_upload", args=("staff",))
    answer = client.post(address, {"file": SimpleUploadedFile(name, data)})
    background.run_due(now=clock.now())
    return answer, cpu() - begun


def try_all(client, seeds):
    assert reading.LIMITS["memory"] <= MEMORY
    make_centers()
    answers = {302: 0, 422: 0}
    for seed in seeds:
        before = ImportJob.objects.count()
        answer, spent = upload(client, seed)
        assert answer.status_code in answers, f"seed {seed}: {answer.status_code}"
        answers[answer.status_code] += 1
        assert spent <= CPU_SECONDS, f"seed {seed}: {spent:.1f} s"
        # What is refused leaves no trace; what is read is a preview as a whole.
        taken = ImportJob.objects.count() - before
        assert taken == (answer.status_code == 302), f"seed {seed}"
    # What is refused, or asked about, says why.
    said = Q(state__in=("refused", "asked"), refusal__isnull=False)
    assert not ImportJob.objects.exclude(Q(state="previewed") | said).exists()
    jobs = ImportJob.objects.all()
    staged = sum(job.rows_new + job.rows_changed + job.rows_same + job.rows_error for job in jobs)
    assert staged == ImportRow.objects.count()
    assert not Employee.objects.exists()
    return answers


@pytest.mark.once
def test_three_hundred_spoiled_files(admin_client):
    """A sixth of them each day."""
    chosen = share(range(FEW), 6)
    answers = try_all(admin_client, chosen)
    # Both happen, or the test spoils too much or too little.
    assert min(answers.values()) > len(chosen) / 20, answers


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_ten_thousand_spoiled_files(admin_client, part):
    first = FEW + part * (MANY // PARTS)
    assert min(try_all(admin_client, range(first, first + MANY // PARTS)).values()) > MANY / PARTS / 20
