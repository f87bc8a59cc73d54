"""The paid vendors on one live server: `with Vendors() as vendors`, then `vendors.wavespeed` and so on.

/api/v3/…       WaveSpeed (see `wavespeed`)     /cdn/<name>    finished files, without a key
/v5/… /v6/…     Soundverse (see `soundverse`)   /put/<name>    the address in upload tickets
/v1/…           ElevenLabs (see `elevenlabs`)

`python -m tests.fakes.vendors` runs it until stopped, for trying the studio by hand.
"""

import threading
from urllib.parse import urlsplit

from tests.fakes import sounds
from tests.fakes.elevenlabs import ElevenLabsRoutes, ElevenLabsShop
from tests.fakes.failing_server import LiveHandler, Troubled
from tests.fakes.soundverse import SoundverseRoutes, SoundverseShop
from tests.fakes.wavespeed import WaveSpeedRoutes, WaveSpeedShop


class VendorHandler(WaveSpeedRoutes, SoundverseRoutes, ElevenLabsRoutes, LiveHandler):
    fake: "Vendors"

    def route(self) -> None:
        path = urlsplit(self.path).path
        if path.startswith("/api/v3/"):
            self.wavespeed(path.removeprefix("/api/v3/"))
        elif path.startswith("/v1/"):
            self.elevenlabs(path)
        elif path.startswith("/cdn/"):
            self.file(path.rpartition("/")[2])
        elif path.startswith("/put/") and self.command == "PUT":
            self.put(path.rpartition("/")[2])
        else:
            self.soundverse(path)

    def file(self, name: str) -> None:
        uploaded = self.fake.wavespeed.uploads.get(name)
        body, kind = (uploaded, "application/octet-stream") if uploaded is not None else sounds.file(name)
        self.misbehave(self.fake.take("cover" if name.endswith(".png") else "file"), body)
        self.send_bytes(200, body, kind)

    def put(self, name: str) -> None:
        self.misbehave(self.fake.take("put"))
        self.fake.wavespeed.uploads[name] = self.body
        self.send_bytes(200, b"", "text/plain")


class Vendors(Troubled):
    handler = VendorHandler

    def __init__(self) -> None:
        super().__init__()
        self.wavespeed = WaveSpeedShop()
        self.soundverse = SoundverseShop()
        self.elevenlabs = ElevenLabsShop()


def main() -> None:
    with Vendors() as vendors:
        vendors.wavespeed.polls = 4
        for name in ("wavespeed", "soundverse", "elevenlabs"):
            prefix, key = name.upper(), getattr(vendors, name).key
            print(f"export {prefix}_BASE_URL={vendors.url} {prefix}_API_KEY={key}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
