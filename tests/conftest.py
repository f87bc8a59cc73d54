"""One obvious fixture for each noun."""

import itertools
from collections.abc import Callable, Iterator

import pytest
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from generator import money
from generator.models import Generation, Membership, MusicModel, Price, Project, Role, User
from generator.workflow import catalogue, submit
from tests.fakes.providers import BASE
from tests.fakes.server import FakeProvider

POLL, STREAM, COMPOSER = "fakepoll/one", "fakestream/one", "composer/studio"
_numbers = itertools.count(1)


@pytest.fixture
def offered(db) -> None:
    """The catalogue, as a started studio has it."""
    catalogue.sync()


@pytest.fixture
def user(offered) -> User:
    return User.objects.create_user("ada@example.com", "a long enough password", name="Ada")


@pytest.fixture
def stranger(offered) -> User:
    return User.objects.create_user("eve@example.com", "a long enough password", name="Eve")


@pytest.fixture
def project(user) -> Project:
    project = Project.objects.create(name="Kitchen stories")
    Membership.objects.create(project=project, user=user, role=Role.OWNER)
    return project


@pytest.fixture
def fake(monkeypatch) -> Iterator[FakeProvider]:
    """The live fake provider behind the models POLL and STREAM."""
    with FakeProvider() as running:
        monkeypatch.setenv(BASE, running.url)
        yield running


@pytest.fixture
def ask(user, project) -> Callable[..., Generation]:
    """Submit a brief: `ask("warm lo-fi", model=POLL, takes=2)`."""

    def _ask(text: str = "warm lo-fi under a cooking video", **changes) -> Generation:
        asked = {
            "user": user,
            "project": project,
            "model_key": changes.pop("model", POLL),
            "text": text,
            "takes": 1,
            "settings": {},
            "idempotency_key": f"key-{next(_numbers)}",
        } | changes
        asked.setdefault("format", catalogue.spec_of(asked["model_key"]).formats[0])
        return submit(**asked)

    return _ask


@pytest.fixture
def run_background(db) -> Callable[[], int]:
    """Do what the cluster would: run queued tasks, oldest first, until none is left; return how many ran."""

    def _run(most: int = 200) -> int:
        ran = 0
        while (row := OrmQ.objects.order_by("id").first()) and ran < most:
            task = SignedPackage.loads(row.payload)
            row.delete()
            import_string(task["func"])(*task["args"], **task["kwargs"])
            ran += 1
        return ran

    return _run


@pytest.fixture
def priced(offered) -> Callable[[str, str], Price]:
    """Give a model a new price from now on: `priced(POLL, "0.045")`."""

    def _price(model_key: str, amount: str) -> Price:
        model = MusicModel.objects.get(key=model_key)
        return Price.objects.create(model=model, per_take=money.dollars(amount), valid_from=timezone.now())

    return _price
