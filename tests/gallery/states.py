"""The projects of the gallery: each shows the studio in another state, and none changes while pictures are taken."""

from collections.abc import Callable
from itertools import count

from benchmarks.library import make
from generator.models import Generation, Membership, Project, Role, State, Track, User
from generator.providers.errors import Failed
from generator.services.generation import completion, states
from generator.services.generation.submit import submit

COMPOSER = "composer/studio"
MANY = 3000
LONG_PROMPT = ("warm lo-fi with a soft piano for a cooking video in three parts, " * 16)[:1024]
LONG_TITLE = ("The Second Evening in the Kitchen of the House by the Sea, with Rain on the Windows " * 2)[:120]
_numbers = count(1)


def fill() -> dict[str, str]:
    """Add the projects to a demo studio; return the public id of each by the state that it shows."""
    owner, sample = User.objects.order_by("pk")[0], Track.objects.order_by("pk")[0]
    fillers: dict[str, Callable[[Project, User, Track], None]] = {
        "empty": lambda *_: None,
        "few": lambda project, user, track: _tracks(3, project, user, track),
        "many": lambda project, user, track: _tracks(MANY, project, user, track),
        "running": _running,
        "failed": _failed,
        "long": _long,
    }
    projects = {}
    for state, filler in fillers.items():
        project = Project.objects.create(
            name="Long ".join([""] * 12) + "name" if state == "long" else f"Gallery {state}"
        )
        Membership.objects.create(project=project, user=owner, role=Role.OWNER)
        filler(project, owner, sample)
        projects[state] = project.public_id
    return projects


def _tracks(number: int, project: Project, user: User, sample: Track) -> None:
    begin = Track.objects.order_by("-pk")[0].pk  # no number twice
    make(number, user, project, file=sample.file, cover=sample.cover, waveform=sample.waveform, begin=begin)


def _request(project: Project, user: User, text: str) -> Generation:
    return submit(
        user=user, project=project, model_key=COMPOSER, text=text, takes=2, format="flac", settings={"seed": 1},
        idempotency_key=f"gallery-{next(_numbers)}",
    )  # fmt: skip


def _start(project: Project, user: User, text: str) -> Generation:
    """Return a generation that looks as if a worker were at it."""
    generation = _request(project, user, text)
    states.advance(generation, State.RUNNING, "Started", stage="Playing and mixing", percent=40)
    return generation


def _running(project: Project, user: User, sample: Track) -> None:
    _tracks(3, project, user, sample)
    _start(project, user, "warm lo-fi for a cooking video, 45 s")
    _request(project, user, "calm piano for the closing credits, 30 s")


def _failed(project: Project, user: User, sample: Track) -> None:
    _tracks(3, project, user, sample)
    generation = _start(project, user, "tense strings for a trailer, 20 s")
    completion.fail(generation, Failed("The model did not finish the music. You were not charged.", words="code 5001"))


def _long(project: Project, user: User, sample: Track) -> None:
    _tracks(3, project, user, sample)
    Track.objects.filter(project=project).update(title=LONG_TITLE)
    _start(project, user, LONG_PROMPT)
