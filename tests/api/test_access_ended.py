"""Open streams and waiting requests end when access ends, and say nothing of what came afterwards."""

import itertools
from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.utils import timezone

from generator.models import ApiKey, Generation, PrivateTrack, Scope, State, User
from generator.services.generation import watch_generation
from generator.services.team import api_keys, members, projects
from tests.api.conftest import Program
from tests.conftest import COMPOSER

BODY = {"prompt": "warm lo-fi", "duration": 30, "userId": "me", "projectId": ""}


def removed(caller: User, run: Generation) -> None:
    members.remove(run.project, caller, User.objects.get(email="ada@example.com"))


def deactivated(caller: User, run: Generation) -> None:
    User.objects.filter(pk=caller.pk).update(is_active=False)


def revoked(caller: User, run: Generation) -> None:
    api_keys.revoke(ApiKey.objects.get(user=caller), caller)


def expired(caller: User, run: Generation) -> None:
    ApiKey.objects.filter(user=caller).update(expires_at=timezone.now())


def put_away(caller: User, run: Generation) -> None:
    projects.archive(run.project, User.objects.get(email="ada@example.com"))


WAYS = (removed, deactivated, revoked, expired, put_away)


@pytest.fixture
def caller(member) -> User:
    return member("editor")


@pytest.fixture
def farm(program, caller, project) -> Program:
    return program(Scope.GENERATE, of=caller, project=project, model_override=COMPOSER)


@pytest.fixture
def meanwhile(monkeypatch, make_track) -> Callable[[Callable[[Generation], None]], None]:
    """Change something while a request waits, after which its music is ready: `meanwhile(lambda run: …)`.

    The tests' database belongs to this thread, so the waiting thread polls itself instead of using the watcher's.
    It therefore sees the change when it checks the watcher again, which here is at once.
    """
    monkeypatch.setattr(watch_generation, "WATCHER_CHECK_INTERVAL_S", 0.01)

    def install(do: Callable[[Generation], None]) -> None:
        steps = itertools.count()

        def look(watch: watch_generation._Watch) -> None:
            run = Generation.objects.get(pk=next(iter(watch._followers)).pk)
            if next(steps) == 0:
                do(run)
                track = make_track("Secret title", generation=run, project=run.project, author=run.author)
                Generation.objects.filter(pk=run.pk).update(state=State.READY, percent=100, finished_at=timezone.now())
                assert track.pk
            seen = watch_generation.current_status([run.pk])
            watch._end_hidden_followers(seen)
            watch._wake_changed([run.pk], seen)

        monkeypatch.setattr(watch_generation._Watch, "_ensure_watcher", look)

    return install


def a_stream(farm: Program, run: Generation) -> HttpResponse:
    return farm.ask("GET", f"generations/{run.public_id}/events", accept="text/event-stream")


def a_wait(farm: Program, run: Generation) -> HttpResponse:
    return farm.ask("GET", f"generations/{run.public_id}", prefer="wait=30")


def wavespeeds_sync(farm: Program, run: Generation) -> HttpResponse:
    sent = {"prompt": "warm lo-fi", "enable_sync_mode": True}
    return farm.ask("POST", "/api/v3/mureka-ai/mureka-v7.6/generate-bgm", sent)


def soundverses_stream(farm: Program, run: Generation) -> HttpResponse:
    return farm.ask("POST", "/v5/generate/music-gen", BODY | {"projectId": run.project.public_id})


def soundverses_sync(farm: Program, run: Generation) -> HttpResponse:
    return farm.ask("POST", "/v5/generate/music-gen/sync", BODY | {"projectId": run.project.public_id})


DOORS = (a_stream, a_wait, wavespeeds_sync, soundverses_stream, soundverses_sync)


def whole(reply: HttpResponse) -> bytes:
    return reply.getvalue() if reply.streaming else reply.content


def is_told(said: bytes) -> bool:
    """Return whether an answer names the track, or says that there is one."""
    return any(word in said for word in (b"Secret title", b"/o/", b'"ready"', b'"completed"', b'"COMPLETED"'))


@pytest.mark.parametrize("door", DOORS)
def test_whoever_still_may_is_told(farm, ask, meanwhile, door):
    run = ask(model=COMPOSER)
    meanwhile(lambda run: None)
    assert is_told(whole(door(farm, run)))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("door", DOORS)
def test_whoever_may_not_any_more_is_told_nothing(farm, ask, caller, meanwhile, door, way):
    run = ask(model=COMPOSER)
    meanwhile(lambda run: way(caller, run))
    said = whole(door(farm, run))
    assert not is_told(said), said
    assert watch_generation._watch._followers == set()


def test_a_track_made_private_meanwhile_is_not_told(farm, ask, user, meanwhile, make_track):
    run = ask(model=COMPOSER)

    def make_private(run: Generation) -> None:
        track = make_track("First take", generation=run, take=2, project=run.project, author=run.author)
        PrivateTrack.objects.create(track=track, author=user)

    meanwhile(make_private)
    said = whole(a_stream(farm, run))
    assert b"First take" not in said


def test_access_is_asked_again_while_nothing_changes(farm, ask, caller, monkeypatch):
    """Access is checked every few seconds, not only at the end of a five-minute stream."""
    assert watch_generation.ACCESS_CHECK_INTERVAL_S <= 5
    run = ask(model=COMPOSER)
    steps = itertools.count()

    def look(watch: watch_generation._Watch) -> None:
        if next(steps) == 0:
            revoked(caller, run)
        watch._access_checked_at = 0.0  # one interval later
        seen = watch_generation.current_status([run.pk])
        watch._end_hidden_followers(seen)
        watch._wake_changed([run.pk], seen)

    monkeypatch.setattr(watch_generation, "WATCHER_CHECK_INTERVAL_S", 0.01)
    monkeypatch.setattr(watch_generation._Watch, "_ensure_watcher", look)
    said = whole(a_stream(farm, run))
    assert b"event: timeout" not in said
    assert b"event: end" not in said
