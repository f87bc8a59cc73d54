"""One obvious fixture for each noun."""

import gc
import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import OrmQ
from django_q.signing import SignedPackage
from PIL import Image

from generator import money
from generator.audio import encode
from generator.models import (
    Entry,
    Generation,
    Membership,
    MusicModel,
    Price,
    Project,
    Prompt,
    Reference,
    Rendition,
    Role,
    State,
    Stem,
    Track,
    User,
)
from generator.workflow import attend, catalogue, library, media, parts, submit, sweep
from generator.workflow.money import differences
from tests.audio.signals import RATE, tone
from tests.fakes.providers import BASE
from tests.fakes.server import FakeProvider
from tests.fakes.vendors import Vendors
from tests.migrated import begin_migrated
from tests.ops.tree import prepare_once

POLL, STREAM, COMPOSER = "fakepoll/one", "fakestream/one", "composer/studio"
BGM, MUSIC = "wavespeed/mureka-v7.6-bgm", "soundverse/music"
_numbers = itertools.count(1)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The fuller runs wait for `-m slow`; studios with all their processes for `-m live`, or for being named."""
    everything = {config.rootpath, config.rootpath / "tests"}
    waiting = {"slow", "live"} if {Path(one).resolve() for one in config.args} <= everything else {"slow"}
    waiting -= set((config.option.markexpr or "").split())
    left = [item for item in items if any(name in item.keywords for name in waiting)]
    items[:] = [item for item in items if not any(name in item.keywords for name in waiting)]
    config.hook.pytest_deselected(items=left)


def pytest_collection_finish() -> None:
    """Thousands of collected tests are not looked through for garbage again and again: a tenth of all the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@pytest.fixture(scope="session")
def _beginning(pytestconfig) -> ExitStack:
    stack = ExitStack()
    stack.enter_context(begin_migrated(pytestconfig.cache.mkdir("migrated")))
    return stack


@pytest.fixture(scope="session")
def django_db_setup(_beginning, django_db_setup, django_db_blocker) -> None:
    """The test database, begun with a migrated copy where one is kept."""
    with django_db_blocker.unblock():
        _beginning.close()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory, request) -> Path:
    """A studio after its first start, with its administrator and samples: made once for all workers of a run."""
    base = tmp_path_factory.getbasetemp()
    return prepare_once(base.parent if hasattr(request.config, "workerinput") else base)


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    """Forget the tries that were counted: no test is throttled for what another one did."""
    cache.clear()


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
def member(project) -> Callable[[str], User]:
    """Make a person with a role in the project: `member("viewer")`."""

    def _member(role: str) -> User:
        person = User.objects.create_user(f"{role}-{next(_numbers)}@example.com", "a long enough password")
        Membership.objects.create(project=project, user=person, role=Role(role))
        return person

    return _member


@pytest.fixture
def browser(client, user) -> Client:
    """Ada's browser: signed in, the owner of the project."""
    client.force_login(user)
    return client


@pytest.fixture
def mailing(settings) -> None:
    """A studio that can send mail, and so has addresses proven by it."""
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
    """The paid vendors' live fake."""
    with Vendors() as running:
        yield running


@pytest.fixture
def installed(settings, monkeypatch) -> Iterator[None]:
    """The paid providers in the catalogue, without any account yet."""
    settings.STUDIO_PROVIDERS = ["generator.providers.wavespeed", "generator.providers.soundverse"]
    for name in ("WAVESPEED_API_KEY", "SOUNDVERSE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    catalogue.registry.cache_clear()
    yield
    catalogue.registry.cache_clear()


@pytest.fixture
def hasty_looks(monkeypatch) -> None:
    """Jobs at a provider are asked after without the wait that their model usually takes."""
    monkeypatch.setattr(attend, "next_look", lambda generation, now: 0.05)


@pytest.fixture
def shops(vendors, db, installed, settings, hasty_looks, monkeypatch) -> Vendors:
    """The vendors' fake behind the paid providers, by environment, asked often; the composer beside them."""
    settings.STUDIO_PROVIDERS = ["generator.providers.composer", *settings.STUDIO_PROVIDERS]
    catalogue.registry.cache_clear()
    for name, key in {"WAVESPEED": vendors.wavespeed.key, "SOUNDVERSE": vendors.soundverse.key}.items():
        monkeypatch.setenv(f"{name}_API_KEY", key)
        monkeypatch.setenv(f"{name}_BASE_URL", vendors.url)
    monkeypatch.setenv("STUDIO_PRIVATE_DOWNLOADS", "on")  # uploads go to the fake, too
    catalogue.sync()
    return vendors


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
def run_background(db, monkeypatch) -> Callable[[], int]:
    """Do what the cluster would: run queued tasks, oldest first, until none is left; return how many ran."""
    monkeypatch.setattr(sweep, "TICK", 0.02)

    def _run(most: int = 200) -> int:
        ran = 0
        while (row := OrmQ.objects.order_by("id").first()) and ran < most:
            task = SignedPackage.loads(row.payload)
            row.delete()
            import_string(task["func"])(*task["args"], **task["kwargs"])
            ran += 1
        return ran

    return _run


def ended(generation: Generation, run_background, state=State.READY) -> Generation:
    """Do the work, see that it ended so and that the money adds up."""
    run_background()
    generation.refresh_from_db()
    assert generation.state == state, list(generation.events.values_list("text", flat=True))
    assert differences() == []
    return generation


def ledger(generation: Generation) -> dict[str, int]:
    """The generation's entries, kind → micro-dollars."""
    return dict(Entry.objects.filter(generation=generation).values_list("kind", "amount"))


@pytest.fixture
def priced(offered) -> Callable[[str, str], Price]:
    """Give a model a new price from now on: `priced(POLL, "0.045")`."""

    def _price(model_key: str, amount: str) -> Price:
        model = MusicModel.objects.get(key=model_key)
        return Price.objects.create(model=model, per_take=money.dollars(amount), valid_from=timezone.now())

    return _price


@pytest.fixture(scope="session")
def small_files(tmp_path_factory) -> tuple[bytes, bytes]:
    """The bytes of half a second of sound as WAV, and of a cover."""
    sound: Path = tmp_path_factory.mktemp("sound") / "tone.wav"
    encode(tone(440, 0.5, -12), RATE, sound, format="wav")
    cover = BytesIO()
    Image.new("RGB", (16, 16), "teal").save(cover, "WEBP")
    return sound.read_bytes(), cover.getvalue()


@pytest.fixture
def make_track(user, project, small_files) -> Callable[..., Track]:
    """Put a real, small track into the library: `make_track("Tea time", bpm=90.0, prompt="warm lo-fi")`.

    Each comes from a finished generation of its own unless one is given with its take.
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
        }
        track = Track.objects.create(**where, generation=generation, **facts | columns)
        library.reindex(track)
        return track

    return _track


@pytest.fixture
def make_reference(user, project, small_files) -> Callable[..., Reference]:
    """Put a reference that has been read into the project: `make_reference("My theme", length_ms=30_000)`."""

    def _reference(title: str = "My theme", **columns) -> Reference:
        name = _kept(small_files[0], "wav")
        facts = {"upload_sha256": f"{next(_numbers):064}", "most_ms": 30_000, "length_ms": 20_000, "came_ms": 20_000}
        facts |= {"file": name, "sha256": Path(name).stem, "size": len(small_files[0]), "waveform": "M0 20H240"}
        where = {"project": project, "author": user}
        return Reference.objects.create(**where | {"title": title} | facts | columns)

    return _reference


@pytest.fixture
def make_stem(small_files) -> Callable[..., Stem]:
    """Give a track a part: `make_stem(track, "Vocals")`."""

    def _stem(track: Track, title: str = "Vocals", **columns) -> Stem:
        name = _kept(small_files[0], "wav")
        facts = {"generation": track.generation, "number": next(_numbers), "length_ms": 500, "waveform": "M0 20H240"}
        facts |= {"file": name, "sha256": Path(name).stem, "size": len(small_files[0])}
        return Stem.objects.create(**{"track": track, "title": title} | facts | columns)

    return _stem


def _kept(data: bytes, extension: str) -> str:
    """Put a file into the library, unless another test's track has left it there; writing it is the slow part."""
    digest = sha256(data).hexdigest()
    name = f"{digest[:2]}/{digest}.{extension}"
    return name if media.path(name).exists() else media.keep_bytes(data, extension)


def _finished(model_key: str, text: str, where: dict) -> Generation:
    """A generation that has delivered one take, without the work and without the money."""
    model = MusicModel.objects.get(key=model_key)
    now = timezone.now()
    asked = {"takes": 1, "format": "wav", "seed": 7}
    return Generation.objects.create(
        **where,
        prompt=Prompt.objects.create(**where, text=text, settings=asked),
        model=model,
        takes_asked=1,
        price=model.prices.first(),
        price_per_take=0,
        idempotency_key=f"made-{next(_numbers)}",
        state=State.READY,
        created_at=now,
        finished_at=now,
        settled_at=now,
    )


@pytest.fixture
def track(make_track) -> Track:
    """One track of Ada's, in the project."""
    return make_track()


@pytest.fixture
def mixed(make_track, make_stem) -> Track:
    """A track whose players are only rows, for what is decided before anything is played."""
    track = make_track(prompt="lo-fi, 10 s, 80 bpm")
    for title in ("Drums", "Upright bass"):
        make_stem(track, title)
    Rendition.objects.create(track=track, recipe_hash=parts.NOTES, recipe={"same_sound": True}, file="none", size=1)
    return track
