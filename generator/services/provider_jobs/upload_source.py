"""Upload of an action's source audio to the provider before the action is sent; free and repeatable.

What if the process dies here? The generation is still queued, the audio is uploaded again, and no action was sent.
"""

import datetime as dt
import logging
from pathlib import Path

import httpx
from asgiref.sync import sync_to_async
from django.utils import timezone

from generator.messages import gettext_noop, join_texts
from generator.models import Generation, ProviderAction, State, Track
from generator.providers.base import Acting, Provider
from generator.providers.errors import Busy, Cause, Failed, OperatorMustAct, ProviderError
from generator.services.errors import UserError
from generator.services.generation import completion, states
from generator.services.library import media, renditions
from generator.services.provider_jobs import backoff

log = logging.getLogger(__name__)

CLAIM_S = 180.0  # seconds that an upload may take before another worker retries it
MAX_URL_AGE = dt.timedelta(days=6)  # providers keep uploads for a week
UPLOAD_TIMEOUT = dt.timedelta(hours=2)
LOSSLESS = (".wav", ".flac", ".mp3")
_FREE = gettext_noop("Nothing was sent, and you were not charged.")


async def upload_source(provider: Provider, generation: Generation, http: httpx.AsyncClient) -> bool:
    """Upload an action's audio unless the provider has it; return False if the action cannot be sent now."""
    if not isinstance(provider, Acting):
        await sync_to_async(completion.fail)(
            generation, Failed(join_texts(gettext_noop("This provider no longer accepts audio."), _FREE))
        )
        return False
    try:
        if await sync_to_async(_is_there)(generation):
            return True
        file = await sync_to_async(_file)(generation.provider_action, provider.max_upload_bytes)
        if file is None:
            await sync_to_async(_postpone)(generation, 1.0, "Making an MP3")
            return False
        if not await sync_to_async(_postpone)(generation, CLAIM_S, "Uploading"):
            return False
        address = await provider.upload(file, http)
    except (Busy, OperatorMustAct) as error:
        await sync_to_async(_handle_interruption)(generation, error)
        return False
    except ProviderError as error:
        await sync_to_async(completion.fail)(generation, error)
        return False
    except Exception as error:
        # A bug before anything was sent: report it and release the hold.
        log.exception("uploading the sound of %s", generation.public_id)
        error_text = f"{type(error).__name__}: {error}"
        await sync_to_async(completion.fail)(
            generation, Failed(join_texts(gettext_noop("The audio could not be uploaded."), _FREE), words=error_text)
        )
        return False
    return await sync_to_async(_store_address)(generation, address)


def _is_there(generation: Generation) -> bool:
    action = generation.provider_action
    return bool(action.address and action.uploaded_at and timezone.now() - action.uploaded_at < MAX_URL_AGE)


def _file(action: ProviderAction, max_bytes: int) -> Path | None:
    """Return the file to upload, or None while a worker makes it. Raises Failed: the file no longer exists."""
    if action.reference:
        name = action.reference.file
        if not name or not media.path(name).is_file():
            raise Failed(join_texts(gettext_noop("The reference no longer exists."), _FREE))
        return media.path(name)
    if action.track is None:
        raise Failed(join_texts(gettext_noop("The track no longer exists."), _FREE))
    return _of_track(action.track, max_bytes)


def _of_track(track: Track, max_bytes: int) -> Path | None:
    original = media.path(track.file)
    if not original.is_file():
        raise Failed(join_texts(gettext_noop("The track’s file is missing from the studio’s disk."), _FREE))
    if original.suffix in LOSSLESS and track.size <= max_bytes:
        return original
    file = renditions.ready(track, "mp3")
    if file is None:
        try:
            renditions.request_rendition(track, "mp3")
        except UserError as error:
            raise Failed(join_texts(error.sentence, _FREE)) from error
    return file


def _postpone(generation: Generation, seconds: float, stage: str) -> bool:
    """Keep the claim on a queued row; return False if it was cancelled."""
    changes = {"due_at": states.later(timezone.now(), seconds), "stage": stage, "wait_reason": ""}
    return bool(Generation.objects.filter(pk=generation.pk, state=State.QUEUED).update(**changes))


def _handle_interruption(generation: Generation, error: ProviderError) -> None:
    """Retry later, without a time limit while the whole provider is unavailable."""
    if isinstance(error, OperatorMustAct) or error.cause == Cause.UNREACHABLE:
        backoff.record_failure(generation, error)
        backoff.stay_queued(generation, error)
    elif timezone.now() - generation.created_at > UPLOAD_TIMEOUT and not generation.wait_reason:
        sentence = join_texts(gettext_noop("The audio could not be uploaded within two hours."), _FREE)
        completion.fail(generation, Failed(sentence, words=f"{error.sentence} {error.words}"))
    elif _postpone(generation, getattr(error, "retry_after", 30.0), gettext_noop("Waiting to upload again")):
        states.note(generation, error.sentence, data={"words": error.words})


def _store_address(generation: Generation, address: str) -> bool:
    """Store the upload's address before the action is sent, so that a lost job can be found by it.

    Of two concurrent uploads the first counts, because the stored address must be the one that was sent.
    """
    action = generation.provider_action
    free = ProviderAction.objects.filter(pk=action.pk, address=action.address, generation__state=State.QUEUED)
    if free.update(address=address, uploaded_at=timezone.now()):
        states.note(generation, gettext_noop("The audio was uploaded"))
    action.refresh_from_db(fields=["address", "uploaded_at"])
    return _is_there(generation)
