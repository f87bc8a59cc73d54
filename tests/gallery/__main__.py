import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import ARGUMENTS, find_chromium
from tests.gallery.differences import differing
from tests.management.tree import ROOT, free_port, wait_for

SIZES = {1440: 900, 390: 844}
SCHEMES = ("light", "dark")
# A project's screen in each state; {few} is the public id of the project with three tracks.
STATES = ("empty", "few", "many", "running", "failed", "long")
STUDIO = {f"studio-{state}": f"/projects/{{{state}}}/" for state in STATES}
SCREENS = STUDIO | {
    "track": "/tracks/{track}/",
    "track-long": "/tracks/{long_track}/",
    "track-finish": "/tracks/{track}/finish/",
    "track-license": "/tracks/{track}/documents/",
    "projects": "/projects/",
    "project-new": "/projects/new/",
    "project-members": "/projects/{few}/members/",
    "project-settings": "/projects/{few}/settings/",
    "project-budget": "/projects/{few}/budget/",
    "project-webhooks": "/projects/{few}/webhooks/",
    "project-api-keys": "/projects/{few}/api-keys/",
    "project-leave": "/projects/{few}/leave/",
    "references": "/projects/{few}/references/",
    "trash": "/projects/{few}/trash/",
    "spend": "/spend/",
    "spend-ledger-entries": "/spend/ledger-entries/",
    "account": "/account/",
    "account-api-keys": "/account/api-keys/",
    "second-factor": "/accounts/2fa/",
    "notifications": "/notifications/",
    "invitations": "/invitations/",
    "not-found": "/nothing-here/",
    "admin": "/admin/",
    "admin-list": "/admin/generator/musicmodel/",
    "admin-form": "/admin/generator/project/add/",
    "review": "/admin/review/",
    "review-issues": "/admin/review/issues/",
    "review-ledger-entries": "/admin/review/ledger-entries/",
    "review-reconciliation": "/admin/review/reconciliation/composer/",
    "review-months": "/admin/review/months/",
    "review-suspensions": "/admin/review/suspensions/",
    "review-budget-requests": "/admin/review/budget-requests/",
    "review-audit-log": "/admin/review/audit-log/",
}
SIGNED_OUT = {
    "sign-in": "/accounts/login/",
    "sign-up": "/accounts/signup/",
    "password-reset": "/accounts/password/reset/",
    "share-link-over": "/s/none/",
}
LOAD_IMAGES = """() => Promise.all([...document.images]
  .filter((image) => image.getBoundingClientRect().top < innerHeight)
  .map((image) => image.decode().catch(() => null)))"""
FIND = """
import json
from tests.gallery.states import fill
from generator.models import Track
found = fill()
found["track"] = Track.objects.order_by("pk")[0].public_id
found["long_track"] = Track.objects.filter(project__public_id=found["long"])[0].public_id
print("GALLERY " + json.dumps(found))
"""


def run(data: Path, *arguments: str) -> str:
    """Run a management command on the gallery's data directory and return its output."""
    command = [sys.executable, "run.py", "--data", str(data), "manage", *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


@contextmanager
def serve(data: Path) -> Iterator[str]:
    """Serve the studio's pages without its workers, so that nothing moves on; yield the address."""
    port = free_port()
    env = {**os.environ, "STUDIO_DATA": str(data)}
    command = [sys.executable, "-m", "granian", "--interface", "asginl", "--no-ws", "--http", "1", "--host"]
    command += ["127.0.0.1", "--port", str(port), "--log-level", "error", "bgmsite.asgi:application"]
    with subprocess.Popen(command, cwd=ROOT, env=env) as server:
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(lambda: _answers(address), 60, "the pages are served")
            yield address
        finally:
            server.terminate()


def _answers(address: str) -> bool:
    try:
        return urllib.request.urlopen(f"{address}/accounts/login/", timeout=10).status == 200
    except OSError:
        return False


def sign_in(page: Page, address: str, email: str, password: str) -> None:
    page.goto(address + "/accounts/login/")
    page.locator("[name=login]").fill(email)
    page.locator("[name=password]").fill(password)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(lambda url: "/login/" not in url)


def take(user_client: Browser, address: str, screens: dict[str, str], to: Path, state) -> None:
    """Take the pictures of these screens in every size and scheme, as the person of that browser state (or nobody)."""
    for width, height in SIZES.items():
        for scheme in SCHEMES:
            context = user_client.new_context(
                viewport={"width": width, "height": height}, color_scheme=scheme, storage_state=state,
                reduced_motion="reduce", has_touch=width < 500, is_mobile=width < 500,
            )  # fmt: skip
            page = context.new_page()
            for name, path in screens.items():
                page.goto(address + path)
                page.evaluate("document.fonts.ready")
                page.evaluate(LOAD_IMAGES)
                whole = not name.startswith("studio-")  # its panes fill the window, and its list has no end
                page.screenshot(path=to / f"{name}-{width}-{scheme}.png", full_page=whole, animations="disabled")
            context.close()


def take_all(address: str, password: str, ids: dict[str, str], to: Path, only: str) -> None:
    """Take the pictures of all screens whose name contains that word."""
    with sync_playwright() as playwright:
        user_client = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        page = user_client.new_page()
        sign_in(page, address, "amara@demo.example", password)
        state = page.context.storage_state()
        for screens, person in ((SCREENS, state), (SIGNED_OUT, None)):
            wanted = {name: path.format(**ids) for name, path in screens.items() if only in name}
            take(user_client, address, wanted, to, person)
        user_client.close()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.gallery")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--against", type=Path, help="an older gallery to compare with")
    parser.add_argument("--only", default="", help="only screens with this word in their name")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as place, serve_demo(Path(place) / "data") as (address, password, ids):
        take_all(address, password, ids, asked.folder, asked.only)
    taken = len(list(asked.folder.glob("*.png")))
    print(f"{taken} pictures in {asked.folder} after {time.monotonic() - began:.0f} s")
    for name, share in differing(asked.folder, asked.against) if asked.against else ():
        print(f"{share:7.2%}  {name}")
    return 0


@contextmanager
def serve_demo(data: Path) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Fill a studio with the demo company and the gallery's projects; yield its address, password and public ids."""
    password = re.search(r"password (\S+)", run(data, "demo", "--runs", "300"))[1]
    run(data, "collectstatic", "--noinput")  # as the first start does
    found = re.search(r"^GALLERY (.*)$", run(data, "shell", "-v", "0", "-c", FIND), re.MULTILINE)
    with serve(data) as address:
        yield address, password, json.loads(found[1])


if __name__ == "__main__":
    sys.exit(main())
