"""One real studio for the folder, with the vendors' fake behind its paid models, and keys of several kinds."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import pytest

from tests.fakes.vendors import Vendors
from tests.ops.tree import Studio

STREAMS = 6  # few, so that a test can fill them
STREAM, SYNC = "/v5/generate/music-gen", "/v5/generate/music-gen/sync"
PAYLOAD = {
    "userId": "your_user_id",
    "projectId": "your_project_id",
    "prompt": "Upbeat electronic dance music with synth melodies and a driving bassline",
    "duration": 30,
    "style": "electronic",
}
MAKE = """
import json
from generator.models import User, Project, Membership, Role, Scope
from generator.workflow import keys, projects
ada, eve = (User.objects.create_user(f"{name}@example.com", "a long enough password") for name in ("ada", "eve"))
made = {
    "vendor": keys.make(ada, "vendor"),
    "composer": keys.make(ada, "composer", stand_in="composer/studio"),
    "reader": keys.make(ada, "reader", Scope.READ),
    "poor": keys.make(ada, "poor", cap=0),
}
team = Project.objects.create(name="Kitchen stories")
Membership.objects.create(project=team, user=ada, role=Role.OWNER)
refs = {"team": team.ref, "hers": Project.objects.personal_for(eve).ref}
open(PATH, "w").write(json.dumps({"keys": {name: token for name, (_, token) in made.items()}, "refs": refs}))
"""


@dataclass
class Served:
    """The running studio, the vendors behind it, the keys and the projects' refs by name."""

    studio: Studio
    vendors: Vendors
    keys: dict[str, str] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.studio.url

    def client(self, key: str = "composer", **more) -> httpx.Client:
        head = {"Authorization": f"Bearer {self.keys[key]}"}
        return httpx.Client(base_url=self.url, headers=head, timeout=60, **more)

    def post(self, path: str = STREAM, key: str = "composer", *, head: dict | None = None, **changes) -> httpx.Response:
        """Ask, and read the answer to its end."""
        with self.client(key) as client:
            return client.post(path, json=PAYLOAD | changes, headers=head)

    def row(self, ref: str) -> dict:
        """A generation: state, project, model, text, settings, tracks."""
        sql = f"""
            SELECT g.state, p.ref, m.key, w.text, w.settings,
                   (SELECT COUNT(*) FROM generator_track t WHERE t.generation_id = g.id)
            FROM generator_generation g JOIN generator_project p ON p.id = g.project_id
            JOIN generator_musicmodel m ON m.id = g.model_id JOIN generator_prompt w ON w.id = g.prompt_id
            WHERE g.ref = '{ref}'"""
        names = ("state", "project", "model", "text", "settings", "tracks")
        found = dict(zip(names, self.studio.rows(sql)[0], strict=True))
        return found | {"settings": json.loads(found["settings"])}


@pytest.fixture(scope="package")
def _served(tmp_path_factory, prepared) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("soundverse")
    with Vendors() as vendors:
        account = {"SOUNDVERSE_API_KEY": vendors.soundverse.key, "SOUNDVERSE_BASE_URL": vendors.url}
        env = account | {"STUDIO_PRIVATE_DOWNLOADS": "on", "STUDIO_STREAMS": str(STREAMS)}
        with Studio(folder, prepared, STUDIO_STALE_SECONDS="60", **env) as studio:
            path = folder / "made.json"
            studio.shell(f"PATH = {str(path)!r}\n{MAKE}")
            yield Served(studio, vendors, **json.loads(path.read_text()))
            assert "Traceback" not in studio.log.read_text()


@pytest.fixture
def served(_served) -> Iterator[Served]:
    """The studio, with an obliging vendor behind it."""
    shop = _served.vendors.soundverse
    shop.end, shop.refuse, shop.gates[:] = "completed", "", []
    yield _served
    for gate in shop.gates:
        gate.set()
