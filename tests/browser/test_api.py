"""Programs on a running studio: the first calls of docs/api.md as printed, the call beside the form as pasted, and the
page of the contract under the studio's content security policy."""

import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from tests.management.tree import ADMIN, ROOT, Studio

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("browser")]
SHELLS = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def key_of(studio: Studio, *more: str) -> str:
    """Return a key made by the command, as an operator makes it."""
    command = [sys.executable, "manage.py", "key", ADMIN, "--name", "ci", *more]
    env = studio.env | {"STUDIO_DATA": str(studio.folder)}
    made = subprocess.run(command, cwd=ROOT, env=env, check=True, timeout=60, capture_output=True, text=True)
    return made.stdout.strip()


def run(script: str, folder: Path, **env: str) -> str:
    """Return what a shell prints for lines that are pasted into it."""
    ours = ("STUDIO_DATA", "SECRET_KEY", "DJANGO_SETTINGS_MODULE", "DATABASE_URL")
    env = {name: value for name, value in os.environ.items() if name not in ours} | env
    command = ["bash", "-euc", script]
    done = subprocess.run(command, cwd=folder, env=env, timeout=180, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def test_the_first_calls_of_the_docs_make_a_file(studio, tmp_path):
    make, ask, fetch = SHELLS.findall((ROOT / "docs" / "api.md").read_text())
    make = make.replace("http://127.0.0.1:8000", studio.url).replace("you@example.com", ADMIN)
    make = make.replace("python3 run.py manage", f"{sys.executable} {ROOT}/manage.py")
    run(make + ask + fetch, tmp_path, STUDIO_DATA=str(studio.folder))
    made = json.loads((tmp_path / "made.json").read_text())
    assert made["state"] == "ready"
    assert (tmp_path / "music.mp3").read_bytes()[:3] == b"ID3"


def followed(studio: Studio, key: str, path: str, seconds: int = 60) -> list[str]:
    """Return the names of a stream's events, in order, to its end."""
    call = f'curl -sSN --max-time {seconds} -H "Authorization: Bearer {key}" -H "Accept: text/event-stream" {path}'
    return re.findall(r"^event: (\w+)$", run(call, ROOT), re.MULTILINE)


def test_a_stream_tells_what_happens_until_it_ends(studio):
    key, base = key_of(studio), f"{studio.url}/api/v1/generations"
    body = json.dumps({"model": "composer/studio", "text": "rain, 10 s", "takes": 1})
    sent = f"-H 'Content-Type: application/json' -d '{body}'"
    made = json.loads(run(f"curl -sS {base} -H 'Authorization: Bearer {key}' {sent}", ROOT))
    told = followed(studio, key, f"{base}/{made['id']}/events")
    assert told[0] == "history"
    assert told[-1] == "end"
    assert "progress" in told


def test_many_at_once_with_one_idempotency_key_are_one(studio):
    """Half of them send a different request: those are refused, whichever comes first."""
    key, url = key_of(studio), f"{studio.url}/api/v1/generations"
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", "Idempotency-Key": "at once"}

    def ask(number: int) -> tuple[int, str]:
        body = {"model": "composer/studio", "text": "rain, 5 s", "takes": 1 + number % 2}
        reply = httpx.post(url, json=body, headers=headers, timeout=60)
        return reply.status_code, reply.json().get("id", "")

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(ask, range(16)))
    assert sorted(status for status, _ in told) == [201] * 8 + [409] * 8
    [made] = {made for status, made in told if status == 201}
    assert httpx.post(f"{url}/{made}/cancel", headers=headers, timeout=60).status_code in (200, 409)


@pytest.mark.browser
def test_the_call_beside_the_form_works_as_pasted(visit, studio, tmp_path):
    visitor = visit()
    page = visitor.page
    visitor.sign_in()
    page.locator("#prompt").fill('It\'s a "warm" lo-fi $HOME `bed`, 6 s – für Elise')
    page.locator(".segments label", has_text="1").first.click()
    page.locator("#more > summary").click()
    page.locator("#format").select_option("mp3")
    page.locator("#api-call > summary").click()
    expect(page.locator("#call-curl")).to_have_value(re.compile(r'"takes": 1.*"format": "mp3"', re.DOTALL))
    expect(page.locator("#call-curl")).to_have_value(re.compile("Elise"))
    page.locator("#call-in-python > summary").click()
    page.get_by_label("Tempo").fill("90")
    page.get_by_label("Tempo").blur()
    expect(page.locator("#call-python")).to_have_value(re.compile('"bpm": 90'))
    expect(page.locator("#call-python")).to_be_visible()  # what was opened stays open
    curl, python = (page.locator(f"#call-{name}").input_value() for name in ("curl", "python"))
    key = key_of(studio)
    made = json.loads(run(curl, tmp_path, BGM_KEY=key))
    assert (made["state"], made["prompt"]["settings"]["bpm"]) == ("ready", 90)
    assert made["prompt"]["text"] == 'It\'s a "warm" lo-fi $HOME `bed`, 6 s – für Elise'
    (tmp_path / "call.py").write_text(python)
    said = run(f"{sys.executable} call.py", tmp_path, BGM_KEY=key)
    assert said.splitlines()[0] == "ready"
    if node := shutil.which("node"):
        (tmp_path / "call.mjs").write_text(page.locator("#call-javascript").input_value())
        assert run(f"{node} call.mjs", tmp_path, BGM_KEY=key).splitlines()[0] == "ready"
    page.goto(f"{studio.url}/")
    expect(page.locator(f"#t-{made['tracks'][0]['id']}")).to_be_visible()


@pytest.mark.browser
def test_the_contract_can_be_read_and_tried_on_its_page(visit, studio):
    visitor = visit()
    page = visitor.page
    page.goto(f"{studio.url}/api/v1/docs")
    page.locator(".opblock").first.wait_for()
    assert page.locator(".opblock").count() > 30
    page.get_by_role("button", name="Authorize").click()
    page.locator(".modal-ux input").fill(key_of(studio, "--scope", "read"))
    page.locator(".modal-ux .authorize").click()
    page.locator(".modal-ux .btn-done").click()
    page.locator(".opblock", has_text="/api/v1/me").first.click()
    page.locator(".execute").click()
    answer = page.locator(".live-responses-table")
    expect(answer.locator(".response-col_status").last).to_contain_text("200")
    expect(answer).to_contain_text("admin@studio.local")
