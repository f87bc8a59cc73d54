"""Shared fixtures: one per noun."""

import itertools
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import hypothesis
import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import OrmQ
from django_q.signing import SignedPackage
from PIL import Image

from generator import currency
from generator.audio import encode
from generator.audio.editing import parse
from generator.composer import REVISION, compose
from generator.models import (
    Edit,
    EditState,
    Generation,
    LedgerEntry,
    Membership,
    MusicModel,
    Pack,
    PackItem,
    PackState,
    Price,
    Project,
    Prompt,
    Reference,
    Rendition,
    Role,
    State,
    Stem,
    Track,
    TrackUpload,
    User,
)
from generator.providers.builtin import client as composer
from generator.services.billing.ledger import differences
from generator.services.generation.submit import submit
from generator.services.library import composer_stems, media, tracks
from generator.services.packs import packs
from generator.services.packs.contents import PRESETS
from generator.services.provider_jobs import backoff, catalog, poller
from tests.audio.signals import RATE, tone
from tests.catalog_copy import offer
from tests.collection import (  # noqa: F401  pytest calls them
    pytest_collection,
    pytest_collection_finish,
    pytest_collection_modifyitems,
    pytest_ignore_collect,
    pytest_make_parametrize_id,
    pytest_runtest_protocol,
)
from tests.composed_once import compose_once
from tests.fakes.elevenlabs import ElevenLabsShop
from tests.fakes.failing_provider import FakeProvider
from tests.fakes.providers import BASE
from tests.fakes.vendors import Vendors
from tests.management.tree import prepare_once
from tests.migrated import begin_migrated, migrated_copy
from tests.page_contexts import keep_page_contexts

# A slow machine is no fault; and fixtures that live as long as a test are told apart by what each example makes.
hypothesis.settings.register_profile(
    "studio",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture],
)
hypothesis.settings.load_profile("studio")
keep_page_contexts()

POLL, STREAM, COMPOSER = "fakepoll/one", "fakestream/one", "composer/studio"
BGM, MUSIC = "wavespeed/mureka-v7.6-bgm", "soundverse/music"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def _beginning(pytestconfig) -> ExitStack:
    stack = ExitStack()
    stack.enter_context(begin_migrated(pytestconfig.cache.mkdir("migrated")))
    return stack


@pytest.fixture(scope="session")
def django_db_setup(_beginning, django_db_setup, django_db_blocker) -> None:
    """The test database, copied from a migrated one if a copy is kept."""
    with django_db_blocker.unblock():
        _beginning.close()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory, request, django_db_setup) -> Path:
    """A studio after its first start, with administrator and samples; made once for all workers of a run."""
    base = tmp_path_factory.getbasetemp()
    folder = base.parent if hasattr(request.config, "workerinput") else base
    return prepare_once(folder, migrated_copy(request.config.cache.mkdir("migrated")))


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    """Clear the rate-limit counters, so that no test is throttled because of another."""
    cache.clear()


@pytest.fixture
def synced_catalog(db) -> None:
    """The catalog as in a started studio."""
    offer()


@pytest.fixture
def user(synced_catalog) -> User:
    return User.objects.create_user("ada@example.com", "a long enough password", name="Ada")


@pytest.fixture
def stranger(synced_catalog) -> User:
    return User.objects.create_user("eve@example.com", "a long enough password", name="Eve")


@pytest.fixture
def project(user) -> Project:
    project = Project.objects.create(name="Kitchen stories")
    Membership.objects.create(project=project, user=user, role=Role.OWNER)
    return project


@pytest.fixture
def member(project) -> Callable[[str], User]:
    """Make a person with a role in the project: `member("viewer")`."""

    def _member(role: str) -> User:
        person = User.objects.create_user(f"{role}-{next(_numbers)}@example.com", "a long enough password")
        Membership.objects.create(project=project, user=person, role=Role(role))
        return person

    return _member


@pytest.fixture
def user_client(client, user) -> Client:
    """A client signed in as Ada, the owner of the project."""
    client.force_login(user)
    return client


@pytest.fixture
def mailing(settings) -> None:
    """A studio that can send mail, and therefore verifies addresses."""
    settings.EMAIL_CONFIGURED = True
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"


@pytest.fixture
def fake(monkeypatch) -> Iterator[FakeProvider]:
    """The live fake provider behind the models POLL and STREAM."""
    with FakeProvider() as running:
        monkeypatch.setenv(BASE, running.url)
        yield running


@pytest.fixture
def vendors() -> Iterator[Vendors]:
    """The live fake of the paid vendors."""
    with Vendors() as running:
        yield running


@pytest.fixture
def installed(settings, monkeypatch) -> Iterator[None]:
    """The paid providers in the catalog, without accounts."""
    settings.STUDIO_PROVIDERS = ["generator.providers.wavespeed", "generator.providers.soundverse"]
    for name in ("WAVESPEED_API_KEY", "SOUNDVERSE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    catalog.registry.cache_clear()
    yield
    catalog.registry.cache_clear()


@pytest.fixture
def fast_polling(monkeypatch) -> None:
    """Poll provider jobs at once instead of after their model's usual time."""
    monkeypatch.setattr(backoff, "next_poll", lambda generation, now: 0.05)


@pytest.fixture
def paid_providers(vendors, db, installed, settings, fast_polling, monkeypatch) -> Vendors:
    """The fake vendors behind the paid providers, configured by environment and polled often, beside the composer."""
    settings.STUDIO_PROVIDERS = ["generator.providers.builtin", *settings.STUDIO_PROVIDERS]
    catalog.registry.cache_clear()
    for name, key in {"WAVESPEED": vendors.wavespeed.key, "SOUNDVERSE": vendors.soundverse.key}.items():
        monkeypatch.setenv(f"{name}_API_KEY", key)
        monkeypatch.setenv(f"{name}_BASE_URL", vendors.url)
    monkeypatch.setenv("STUDIO_PRIVATE_DOWNLOADS", "on")  # uploads go to the fake, too
    catalog.sync()
    return vendors


@pytest.fixture
def elevenlabs_shop(vendors, db, settings, fast_polling, monkeypatch) -> Iterator[ElevenLabsShop]:
    """ElevenLabs' fake behind its provider, beside the composer; `closing` is set when its server stops."""
    settings.STUDIO_PROVIDERS = ["generator.providers.builtin", "generator.providers.elevenlabs"]
    monkeypatch.setenv("ELEVENLABS_BASE_URL", vendors.url)
    monkeypatch.setenv("ELEVENLABS_API_KEY", vendors.elevenlabs.key)
    catalog.registry.cache_clear()
    catalog.sync()
    vendors.elevenlabs.closing = vendors.closing
    yield vendors.elevenlabs
    catalog.registry.cache_clear()


@pytest.fixture
def ask(user, project) -> Callable[..., Generation]:
    """Submit a prompt: `ask("warm lo-fi", model=POLL, takes=2)`."""

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
        asked.setdefault("format", catalog.spec_of(asked["model_key"]).formats[0])
        return submit(**asked)

    return _ask


@pytest.fixture
def run_background(db, monkeypatch) -> Callable[[], int]:
    """Run queued tasks like the cluster, oldest first, until none is left; return how many ran.

    What an earlier test has composed is not composed again, except with `composed_anew`.
    """
    monkeypatch.setattr(poller, "TICK_S", 0.02)
    monkeypatch.setattr(composer, "compose", compose_once)

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
def composed_anew(run_background, monkeypatch) -> None:
    """Compose everything in this test, for a test about composing the same again."""
    monkeypatch.setattr(composer, "compose", compose)


def ended(generation: Generation, run_background, state=State.READY) -> Generation:
    """Run the background work; assert the last state and that the ledger adds up."""
    run_background()
    generation.refresh_from_db()
    assert generation.state == state, list(generation.events.values_list("text", flat=True))
    assert differences() == []
    return generation


def ledger(generation: Generation) -> dict[str, int]:
    """Return the generation's ledger entries: kind → micro-dollars."""
    return dict(LedgerEntry.objects.filter(generation=generation).values_list("kind", "amount"))


@pytest.fixture
def priced(synced_catalog) -> Callable[[str, str], Price]:
    """Give a model a new price from now on: `priced(POLL, "0.045")`."""

    def _price(model_key: str, amount: str) -> Price:
        model = MusicModel.objects.get(key=model_key)
        return Price.objects.create(model=model, per_take=currency.dollars(amount), valid_from=timezone.now())

    return _price


@pytest.fixture(scope="session")
def small_files(tmp_path_factory) -> tuple[bytes, bytes]:
    """The bytes of a WAV of half a second and of a cover."""
    sound: Path = tmp_path_factory.mktemp("sound") / "tone.wav"
    encode(tone(440, 0.5, -12), RATE, sound, format="wav")
    cover = BytesIO()
    Image.new("RGB", (16, 16), "teal").save(cover, "WEBP")
    return sound.read_bytes(), cover.getvalue()


@pytest.fixture
def make_track(user, project, small_files) -> Callable[..., Track]:
    """Add a real, short track to the library: `make_track("Tea time", bpm=90.0, prompt="warm lo-fi")`.

    Each has a finished generation of its own unless one is given with its take.
    """

    def _track(title: str = "Tea time", *, generation: Generation | None = None, **columns) -> Track:
        where = {"project": columns.pop("project", project), "author": columns.pop("author", user)}
        generation = generation or _finished(columns.pop("model", COMPOSER), columns.pop("prompt", "a brief"), where)
        sound, cover = small_files
        name = _kept(sound, "wav")
        facts = {
            "take": 1,
            "model_key": generation.model.key,
            "title": title,
            "file": name,
            "cover": _kept(cover, "webp"),
            "sha256": Path(name).stem,
            "size": len(sound),
            "format": "wav",
            "length_ms": 500,
            "sample_rate": RATE,
            "channels": 2,
            "lufs": -15.0,
            "true_peak": -12.0,
            "peaks": bytes(800),
            "waveform": "M0 20H240",
            "has_findings": bool(columns.get("findings")),
            "made_of": {"revision": REVISION},  # by today's composer
        }
        columns["made_of"] = facts["made_of"] | columns.get("made_of", {})
        track = Track.objects.create(**where, generation=generation, **facts | columns)
        tracks.reindex(track)
        return track

    return _track


@pytest.fixture
def make_reference(user, project, small_files) -> Callable[..., Reference]:
    """Add a ready reference to the project: `make_reference("My theme", length_ms=30_000)`."""

    def _reference(title: str = "My theme", **columns) -> Reference:
        name = _kept(small_files[0], "wav")
        facts = {"upload_sha256": f"{next(_numbers):064}", "most_ms": 30_000, "length_ms": 20_000, "came_ms": 20_000}
        facts |= {"file": name, "sha256": Path(name).stem, "size": len(small_files[0]), "waveform": "M0 20H240"}
        where = {"project": project, "author": user}
        return Reference.objects.create(**where | {"title": title} | facts | columns)

    return _reference


@pytest.fixture
def make_stem(small_files) -> Callable[..., Stem]:
    """Give a track a stem: `make_stem(track, "Vocals")`."""

    def _stem(track: Track, title: str = "Vocals", **columns) -> Stem:
        name = _kept(small_files[0], "wav")
        facts = {"generation": track.generation, "number": next(_numbers), "length_ms": 500, "waveform": "M0 20H240"}
        facts |= {"file": name, "sha256": Path(name).stem, "size": len(small_files[0])}
        return Stem.objects.create(**{"track": track, "title": title} | facts | columns)

    return _stem


@pytest.fixture
def make_edit() -> Callable[..., Edit]:
    """Give a track a saved edit whose MP3 has not been made: `make_edit(track, {"step": "fit", "length_s": 30.0})`."""

    def _edit(track: Track, *steps: dict, **columns) -> Edit:
        recipe = parse({"version": 1, "steps": [*(steps or ({"step": "fit", "length_s": 30.0},))]})
        facts = {"author": track.author, "title": "Thirty", "is_draft": False, "state": EditState.READY}
        facts |= {"recipe": recipe.to_json(), "recipe_hash": recipe.digest, "formats": [{"format": "mp3"}]}
        return Edit.objects.create(**{"track": track} | facts | columns)

    return _edit


@pytest.fixture
def make_upload(user, project, small_files) -> Callable[..., TrackUpload]:
    """Bring a file into the project that no worker has read yet."""

    def _upload(**columns) -> TrackUpload:
        file = _kept(small_files[0], "flac")
        facts = {"project": project, "author": user, "set_key": "one", "name": "theme.flac", "title": "Theme"}
        facts |= {"file": file, "sha256": "ab" * 32, "size": len(small_files[0]), "due_at": timezone.now()}
        return TrackUpload.objects.create(**facts | columns)

    return _upload


@pytest.fixture
def make_pack() -> Callable[..., Pack]:
    """Give a track a finished pack with one file: `make_pack(track)`."""

    def _pack(track: Track, **columns) -> Pack:
        archive = BytesIO()
        with zipfile.ZipFile(archive, "w") as out:
            out.writestr("README.txt", "A pack")
        name = _kept(archive.getvalue(), "zip")
        facts = {"author": track.author, "title": track.title, "preset": "podcast", "state": PackState.READY}
        facts |= {"contents": PRESETS["podcast"].contents.to_json(), "expires_at": timezone.now() + packs.KEPT_FOR}
        facts |= {"file": name, "sha256": Path(name).stem, "size": len(archive.getvalue())}
        pack = Pack.objects.create(**{"project": track.project} | facts | columns)
        entry = {"name": f"{track.title}.wav", "piece": "full", "stem": "", "seconds": 0.5, "size": 9, "sha256": "00"}
        PackItem.objects.create(pack=pack, track=track, number=1, title=track.title, files=[entry], is_done=True)
        return pack

    return _pack


def _kept(data: bytes, extension: str) -> str:
    """Store a file unless another test's track has left it there; writing is slow."""
    digest = sha256(data).hexdigest()
    name = f"{digest[:2]}/{digest}.{extension}"
    return name if media.path(name).exists() else media.keep_bytes(data, extension)


def _finished(model_key: str, text: str, where: dict) -> Generation:
    """Make a generation that has delivered one take, without the work and without ledger entries."""
    model = MusicModel.objects.get(key=model_key)
    now = timezone.now()
    asked = {"takes": 1, "format": "wav", "seed": 7}
    return Generation.objects.create(
        **where,
        prompt=Prompt.objects.create(**where, text=text, settings=asked),
        model=model,
        takes_requested=1,
        price=model.prices.first(),
        price_total=0,
        idempotency_key=f"made-{next(_numbers)}",
        state=State.READY,
        created_at=now,
        finished_at=now,
        settled_at=now,
    )


@pytest.fixture
def track(make_track) -> Track:
    """A track of Ada's in the project."""
    return make_track()


@pytest.fixture
def mixed(make_track, make_stem) -> Track:
    """A track whose stems exist only as rows, for tests that play nothing."""
    track = make_track(prompt="lo-fi, 10 s, 80 bpm")
    for title in ("Drums", "Upright bass"):
        make_stem(track, title)
    Rendition.objects.create(
        track=track, recipe_hash=composer_stems.NOTES, recipe={"same_sound": True}, file="none", size=1
    )
    return track
