"""The sample project of a new studio: a few prompts, composed by the built-in composer in the background."""

from django.db.models import Q

from generator.models import Generation, Membership, Project, Role, User
from generator.services.generation.submit import clean_settings, submit
from generator.services.provider_jobs import catalog

MODEL = "composer/studio"
NAME = "Sample project"
BRIEFS: tuple[tuple[str, int, dict[str, object]], ...] = (
    ("Warm lo-fi under a cooking video, 45 s", 2, {"seed": 12}),
    ("Bright corporate opener for a product film, 30 s", 1, {"seed": 3}),
    ("Calm ambient bed for a podcast introduction, 40 s", 1, {"seed": 9}),
)


def is_sample(project: Project) -> Q:
    """Match the generations that were made with a project, which nobody requested or waits for."""
    return Q(idempotency_key__startswith=_key_prefix(project))


def is_sample_run(project: Project, generation: Generation) -> bool:
    """Return the same for one of the project's generations."""
    return generation.idempotency_key.startswith(_key_prefix(project))


def _key_prefix(project: Project) -> str:
    return f"sample-{project.public_id}-"


def seed(user: User) -> Project | None:
    """Create the sample project and queue its tracks; return None if the project exists or the model is missing."""
    if Project.objects.filter(name=NAME).exists() or catalog.spec_of(MODEL) is None:
        return None
    project = Project.objects.create(name=NAME)
    Membership.objects.create(project=project, user=user, role=Role.OWNER)
    spec = catalog.registry().spec(MODEL)
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
            idempotency_key=f"{_key_prefix(project)}{number}",
        )
    return project
