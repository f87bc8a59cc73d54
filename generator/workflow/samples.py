"""The sample project of a fresh studio: a few briefs, composed by the studio itself in the background."""

from generator.models import Membership, Project, Role, User
from generator.workflow import catalogue
from generator.workflow.submit import clean_settings, submit

MODEL = "composer/studio"
NAME = "Sample project"
BRIEFS: tuple[tuple[str, int, dict[str, object]], ...] = (
    ("Warm lo-fi under a cooking video, 45 s", 2, {"seed": 12}),
    ("Bright corporate opener for a product film, 30 s", 1, {"seed": 3}),
    ("Calm ambient bed for a podcast introduction, 40 s", 1, {"seed": 9}),
)


def seed(user: User) -> Project | None:
    """Make the sample project and queue its tracks; None when this studio already has a project of that name."""
    if Project.objects.filter(name=NAME).exists() or catalogue.spec_of(MODEL) is None:
        return None
    project = Project.objects.create(name=NAME)
    Membership.objects.create(project=project, user=user, role=Role.OWNER)
    spec = catalogue.registry().spec(MODEL)
    if spec is None:
        return None
    for number, (text, takes, settings) in enumerate(BRIEFS):
        submit(
            user=user,
            project=project,
            model_key=MODEL,
            text=text,
            takes=takes,
            format=spec.formats[0],
            settings=clean_settings(spec, settings),
            idempotency_key=f"sample-{project.ref}-{number}",
        )
    return project
