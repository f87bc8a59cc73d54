"""Before an action is sent: its sound is handed to the provider, which costs nothing and may be repeated.

What if the process dies here? The generation is still queued; the sound is uploaded again, and nothing was asked.
"""

import datetime as dt
import logging
from pathlib import Path

import httpx
from asgiref.sync import sync_to_async
from django.utils import timezone

from generator.models import ActionRun, Generation, State, Track
from generator.providers.base import Acting, Provider
from generator.providers.errors import Busy, Cause, Failed, OperatorMustAct, ProviderError
from generator.workflow import ending, looking, media, renditions, states
from generator.workflow.refused import Refused

log = logging.getLogger(__name__)

CLAIM = 180.0  # seconds an upload may take before somebody else tries it
FRESH = dt.timedelta(days=6)  # providers keep uploads for a week
GIVE_UP = dt.timedelta(hours=2)
LOSSLESS = (".wav", ".flac", ".mp3")
_FREE = "Nothing was sent, and it cost nothing."


async def handed_over(provider: Provider, generation: Generation, http: httpx.AsyncClient) -> bool:
    """Give the provider the sound of an action, unless it has it; False when the action is not to be sent now."""
    if not isinstance(provider, Acting):
        await sync_to_async(ending.fail)(generation, Failed(f"This provider takes no sounds any more. {_FREE}"))
        return False
    try:
        if await sync_to_async(_is_there)(generation):
            return True
        file = await sync_to_async(_file)(generation.action, provider.most_upload)
        if file is None:
            await sync_to_async(_later)(generation, 1.0, "Making an MP3 of it")
            return False
        if not await sync_to_async(_later)(generation, CLAIM, "Uploading"):
            return False
        address = await provider.upload(file, http)
    except (Busy, OperatorMustAct) as error:
        await sync_to_async(_broke_off)(generation, error)
        return False
    except ProviderError as error:
        await sync_to_async(ending.fail)(generation, error)
        return False
    except Exception as error:
        # A defect of ours before anything was asked: say so, and leave no hold behind.
        log.exception("uploading the sound of %s", generation.ref)
        words = f"{type(error).__name__}: {error}"
        await sync_to_async(ending.fail)(generation, Failed(f"The sound could not be uploaded. {_FREE}", words=words))
        return False
    return await sync_to_async(_keep)(generation, address)


def _is_there(generation: Generation) -> bool:
    run = generation.action
    return bool(run.address and run.uploaded_at and timezone.now() - run.uploaded_at < FRESH)


def _file(run: ActionRun, most: int) -> Path | None:
    """The file to upload; None while a worker makes it. Raises Failed: there is none any more."""
    if run.reference:
        name = run.reference.file
        if not name or not media.path(name).is_file():
            raise Failed(f"The reference is not there any more. {_FREE}")
        return media.path(name)
    if run.track is None:
        raise Failed(f"The track is not there any more. {_FREE}")
    return _of_track(run.track, most)


def _of_track(track: Track, most: int) -> Path | None:
    original = media.path(track.file)
    if not original.is_file():
        raise Failed(f"The track’s file is missing from the studio’s disk. {_FREE}")
    if original.suffix in LOSSLESS and track.size <= most:
        return original
    file = renditions.ready(track, "mp3")
    if file is None:
        try:
            renditions.ask(track, "mp3")
        except Refused as refused:
            raise Failed(f"{refused.sentence} {_FREE}") from refused
    return file


def _later(generation: Generation, seconds: float, stage: str) -> bool:
    """Keep the claim on a queued row; False when it was cancelled."""
    changes = {"due_at": states.later(timezone.now(), seconds), "stage": stage, "wait_reason": ""}
    return bool(Generation.objects.filter(pk=generation.pk, state=State.QUEUED).update(**changes))


def _broke_off(generation: Generation, error: ProviderError) -> None:
    """Try again later; what keeps everything from being sent there, nothing being sent, is waited for."""
    if isinstance(error, OperatorMustAct) or error.cause == Cause.UNREACHABLE:
        looking.blame(generation, error)
        looking.stay_queued(generation, error)
    elif timezone.now() - generation.created_at > GIVE_UP and not generation.wait_reason:
        sentence = f"The sound could not be uploaded for two hours. {_FREE}"
        ending.fail(generation, Failed(sentence, words=f"{error.sentence} {error.words}"))
    elif _later(generation, getattr(error, "retry_after", 30.0), "Waiting to upload again"):
        states.note(generation, error.sentence, data={"words": error.words})


def _keep(generation: Generation, address: str) -> bool:
    """Write the address down before the action is sent, so that a lost answer can be looked for by it.

    Of two uploads at once the first one counts: what is looked for must be what was sent.
    """
    run = generation.action
    free = ActionRun.objects.filter(pk=run.pk, address=run.address, generation__state=State.QUEUED)
    if free.update(address=address, uploaded_at=timezone.now()):
        states.note(generation, "The sound was uploaded")
    run.refresh_from_db(fields=["address", "uploaded_at"])
    return _is_there(generation)
