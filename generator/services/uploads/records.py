"""The rows behind uploads: a provider, two "models" and a free price, with which they are kept as other tracks are.

They are made when first needed, are in no list of what can be generated with, and nothing is ever sent for them.
"""

import secrets

from django.utils import timezone

from generator.models import (
    UPLOAD_PROVIDER,
    UPLOADED_STEMS,
    ApiKey,
    Generation,
    License,
    MusicModel,
    Price,
    Project,
    Prompt,
    ProviderAccount,
    State,
    TrackUpload,
    User,
)
from generator.services.generation import states
from generator.services.provider_jobs import catalog


def create_generation(
    project: Project,
    author: User,
    model_key: str,
    title: str,
    event: str,
    *,
    format: str = "flac",
    license: License | None = None,
    key: ApiKey | None = None,
) -> Generation:
    """Create a settled, ready generation for an upload, without hold and charge; its title stands in for a prompt."""
    now = timezone.now()
    price = _price(model_key)
    generation = Generation.objects.create(
        project=project,
        author=author,
        key=key,
        prompt=Prompt.objects.create(
            project=project, author=author, text=title, settings={"takes": 1, "format": format}
        ),
        model=price.model,
        takes_requested=1,
        price=price,
        price_total=0,  # whatever an administrator enters, nothing is charged
        license=license,
        idempotency_key=f"upload-{secrets.token_urlsafe(18)}",
        state=State.READY,
        percent=100,
        settled_at=now,
        started_at=now,
        finished_at=now,
        dismissed_at=now,
    )
    states.note(generation, event, actor=author)
    return generation


def license_as_stated(upload: TrackUpload, by: User) -> License | None:
    """Return the license that a person stated, dated today; None if none was stated."""
    if not upload.license_text:
        return None
    account = _account()
    known = License.objects.filter(account=account, text=upload.license_text, created_by=by).first()
    return known or License.objects.create(account=account, text=upload.license_text, created_by=by)


def _account() -> ProviderAccount:
    return ProviderAccount.objects.get_or_create(key=UPLOAD_PROVIDER, defaults={"title": "Uploads"})[0]


def _price(model_key: str) -> Price:
    defaults = {"provider": _account(), "title": catalog.title_of(model_key), "is_action": model_key == UPLOADED_STEMS}
    model = MusicModel.objects.get_or_create(key=model_key, defaults=defaults)[0]
    price = Price.objects.filter(model=model).select_related("model__provider").first()
    return price or Price.objects.create(model=model, per_take=0, note="Nothing is charged for an upload")
