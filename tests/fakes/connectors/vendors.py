"""fal, Runware and a ComfyUI on one live server: `with ConnectorVendors() as vendors`, then `vendors.fal` and so on.

/fal/…    /runware    /comfyui/…    /files/<name>    finished files of the first two, without a key
"""

from urllib.parse import urlsplit

from tests.fakes import sounds
from tests.fakes.connectors.comfyui import ComfyRoutes
from tests.fakes.connectors.fal import FalRoutes
from tests.fakes.connectors.jobs import Shop
from tests.fakes.connectors.runware import RunwareRoutes
from tests.fakes.failing_server import LiveHandler, Troubled

NAMES = ("fal", "runware", "comfyui")


class ConnectorHandler(FalRoutes, RunwareRoutes, ComfyRoutes, LiveHandler):
    fake: "ConnectorVendors"

    def route(self) -> None:
        _, vendor, *rest = urlsplit(self.path).path.split("/", 2)
        if vendor == "runware":
            return self.runware()
        if vendor in ("fal", "comfyui") and rest:
            return getattr(self, vendor)(rest[0])
        body, kind = sounds.file(rest[0] if rest else "")
        self.misbehave(self.fake.take("file"), body)
        return self.send_bytes(200, body, kind)


class ConnectorVendors(Troubled):
    handler = ConnectorHandler

    def __init__(self) -> None:
        super().__init__()
        self.fal, self.runware, self.comfyui = Shop(), Shop(), Shop()
        self.file_host = ""  # where files are, if not here
        self.takes_our_id = True  # a newer ComfyUI
        self.has_jobs = True  # likewise

    def address(self, name: str) -> str:
        return f"{self.url}/{name}"

    @property
    def env(self) -> dict[str, str]:
        """Return the environment that points a studio here."""
        addresses = {f"{name.upper()}_BASE_URL": self.address(name) for name in NAMES}
        return addresses | {f"{name.upper()}_API_KEY": getattr(self, name).key for name in NAMES}
