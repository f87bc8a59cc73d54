"""One real studio for the folder, with the vendors' fake behind its paid models, and several kinds of keys."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import pytest

from tests.fakes.vendors import Vendors
from tests.management.tree import Studio

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
from generator.services.team import api_keys, projects
ada, eve = (User.objects.create_user(f"{name}@example.com", "a long enough password") for name in ("ada", "eve"))
made = {
    "vendor": api_keys.make(ada, "vendor"),
    "composer": api_keys.make(ada, "composer", model_override="composer/studio"),
    "reader": api_keys.make(ada, "reader", Scope.READ),
    "poor": api_keys.make(ada, "poor", cap=0),
}
team = Project.objects.create(name="Kitchen stories")
Membership.objects.create(project=team, user=ada, role=Role.OWNER)
public_ids = {"team": team.public_id, "hers": Project.objects.personal_for(eve).public_id}
tokens = {name: token for name, (_, token) in made.items()}
open(PATH, "w").write(json.dumps({"keys": tokens, "public_ids": public_ids}))
"""


@dataclass
class Served:
    """The running studio, the vendors behind it, and the keys and the projects' public IDs by name."""

    studio: Studio
    vendors: Vendors
    keys: dict[str, str] = field(default_factory=dict)
    public_ids: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.studio.url

    def client(self, key: str = "composer", **more) -> httpx.Client:
        head = {"Authorization": f"Bearer {self.keys[key]}"}
        return httpx.Client(base_url=self.url, headers=head, timeout=60, **more)

    def post(self, path: str = STREAM, key: str = "composer", *, head: dict | None = None, **changes) -> httpx.Response:
        """Send a request and read the answer to its end."""
        with self.client(key) as client:
            return client.post(path, json=PAYLOAD | changes, headers=head)

    def row(self, public_id: str) -> dict:
        """Return a generation: state, project, model, text, settings, tracks."""
        sql = f"""
            SELECT g.state, p.public_id, m.key, w.text, w.settings,
                   (SELECT COUNT(*) FROM generator_track t WHERE t.generation_id = g.id)
            FROM generator_generation g JOIN generator_project p ON p.id = g.project_id
            JOIN generator_musicmodel m ON m.id = g.model_id JOIN generator_prompt w ON w.id = g.prompt_id
            WHERE g.public_id = '{public_id}'"""
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
    """The studio, with a vendor that has no faults."""
    shop = _served.vendors.soundverse
    shop.end, shop.refuse, shop.gates[:] = "completed", "", []
    yield _served
    for gate in shop.gates:
        gate.set()
