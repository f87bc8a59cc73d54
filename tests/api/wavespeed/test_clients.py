"""The vendor's own Python clients and the page's curl commands, unmodified, against a running studio."""

import json
import os
import shutil
import subprocess
import sys

import pytest
import requests
from langchain_core.tools import ToolException
from langchain_wavespeed import WaveSpeedRunModel
from wavespeed import Client

from generator.audio import decode, encode
from tests.api.wavespeed.conftest import BGM_PATH, REGISTER_PATH
from tests.audio.signals import RATE, song
from tests.management.tree import wait_for

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("wavespeed")]
SHORT = {"prompt": "warm lo-fi, 5 s"}


@pytest.fixture
def client(live) -> Client:
    return Client(live.free, base_url=live.url)


@pytest.fixture
def paying(live) -> Client:
    return Client(live.paid, base_url=live.url)


def seconds(address: str, tmp_path) -> float:
    """Return the length of a delivered file, downloaded without a key."""
    reply = requests.get(address, timeout=30)
    assert reply.status_code == 200
    file = tmp_path / address.rpartition("/")[2]
    file.write_bytes(reply.content)
    return decode(file).seconds


@pytest.mark.parametrize("format", ["wav", *(pytest.param(name, marks=pytest.mark.slow) for name in ("mp3", "flac"))])
def test_the_sdk_runs_a_model_and_its_files_play(client, tmp_path, format):
    wanted = SHORT | {"output_format": format, "number_of_songs": 3 if format == "wav" else 1}
    outputs = client.run(BGM_PATH, wanted, poll_interval=0.2)["outputs"]
    assert len(outputs) == wanted["number_of_songs"]
    assert all(address.endswith(f".{format}") for address in outputs)
    assert seconds(outputs[-1], tmp_path) == pytest.approx(5, abs=0.2)


def test_the_sdk_waits_in_sync_mode(client):
    assert len(client.run(BGM_PATH, SHORT, enable_sync_mode=True)["outputs"]) == 1


@pytest.mark.parametrize(
    ("who", "model", "body", "words"),
    [
        ("free", BGM_PATH, {}, ["HTTP 400", "prompt is required"]),
        ("free", BGM_PATH, SHORT | {"number_of_songs": 9}, ["HTTP 400", "from 1 to 3"]),
        ("paid", "no/such-model", SHORT, ["HTTP 404", "no model"]),
        ("poor", BGM_PATH, SHORT, ["HTTP 402", "budget"]),
        ("reader", BGM_PATH, SHORT, ["HTTP 403", "may not generate"]),
        (None, BGM_PATH, SHORT, ["HTTP 401", "Unauthorized"]),
    ],
)
def test_the_sdk_says_what_was_refused(live, who, model, body, words):
    client = Client(getattr(live, who) if who else "wrong", base_url=live.url)
    with pytest.raises(RuntimeError) as refused:
        client.run(model, body, max_retries=2)
    assert all(word in str(refused.value) for word in words), refused.value


def test_a_failure_ends_the_wait_and_is_not_run_again(paying, shop):
    shop.end, shop.error = "failed", "HTTP 503: upstream timeout"
    before = len(shop.jobs)
    with pytest.raises(RuntimeError, match=r"Prediction failed \(task_id: [0-9a-f]{32}\)"):
        paying.run(BGM_PATH, SHORT, poll_interval=0.2, max_retries=3)
    assert len(shop.jobs) == before + 1


def test_a_cancelled_one_ends_the_wait(client, live):
    id, _ = client._submit(BGM_PATH, {"prompt": "warm lo-fi, 10 min", "number_of_songs": 3})
    gone = requests.delete(
        f"{live.url}/api/v3/predictions/{id}", headers={"Authorization": f"Bearer {live.free}"}, timeout=30
    )
    assert gone.json()["data"]["status"] == "cancelled"
    with pytest.raises(RuntimeError, match="Prediction cancelled"):
        client._wait(id, 20, 0.2)


def test_giving_up_early_loses_nothing(paying, shop):
    shop.polls = 10_000
    with pytest.raises(TimeoutError) as late:
        paying.run(BGM_PATH, SHORT, timeout=1, poll_interval=0.3)
    id = Client._task_id_from_error(late.value)
    assert paying.get_result(id)["data"]["status"] in ("created", "processing")
    shop.polls = 0
    assert len(paying._wait(id, 30, 0.3)["outputs"]) == 1


def test_an_upload_becomes_an_id_that_steers(paying, shop, tmp_path):
    file = tmp_path / "theme.wav"
    encode(song(20), RATE, file, format="wav")
    address = paying.upload(str(file))
    (known,) = paying.run(REGISTER_PATH, {"audio": address, "purpose": "instrumental"}, poll_interval=0.2)["outputs"]
    assert set(known) == {"id", "purpose", "audio_id"}
    assert seconds(address, tmp_path) == pytest.approx(20, abs=0.2)
    paying.run(BGM_PATH, SHORT | {"instrumental_id": known["id"]}, poll_interval=0.2)
    assert shop.jobs[-1].inputs["instrumental_id"] == known["id"]


def test_a_file_in_memory_is_uploaded_too(paying, tmp_path):
    file = tmp_path / "theme.flac"
    encode(song(5), RATE, file, format="flac")
    with file.open("rb") as stream:
        assert "/api/v3/media/files/" in paying.upload(stream)


def test_langchain(live, client):
    tool = WaveSpeedRunModel(client=client, poll_interval=0.2)
    said = tool.invoke({"model": BGM_PATH, "input": {**SHORT, "instrumental_id": None}})
    assert [line.startswith(f"{live.url}/o/") for line in said.splitlines()] == [True]
    with pytest.raises(ToolException, match="prompt is required"):
        tool.invoke({"model": BGM_PATH, "input": {}})


# --- the page's own commands ---

SUBMIT = """
curl --location --request POST "https://api.wavespeed.ai/api/v3/mureka-ai/mureka-v7.6/generate-bgm" \\
--header "Content-Type: application/json" \\
--header "Authorization: Bearer ${WAVESPEED_API_KEY}" \\
--data-raw '{
"number_of_songs": 1,
"output_format": "mp3"
}'
"""
RESULT = """
curl --location --request GET "https://api.wavespeed.ai/api/v3/predictions/${requestId}/result" \\
--header "Authorization: Bearer ${WAVESPEED_API_KEY}"
"""


def curl(live, lines: str, **names: str) -> dict:
    """Return what the commands print in a shell, with another host."""
    if not shutil.which("curl"):
        pytest.skip("no curl found")
    env = {**os.environ, "WAVESPEED_API_KEY": live.free, **names}
    command = ["sh", "-c", lines.replace("https://api.wavespeed.ai", live.url)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60, env=env).stdout)


def test_the_pages_curl_lines_as_printed_want_a_prompt(live):
    said = curl(live, SUBMIT)
    assert said["code"] == 400
    assert said["message"].startswith("prompt is required")


def test_the_pages_curl_lines_with_a_prompt(live):
    asked = curl(live, SUBMIT.replace('{\n"number', '{\n"prompt": "warm lo-fi, 5 s",\n"number'))
    assert (asked["code"], asked["message"]) == (200, "success")
    assert asked["data"]["status"] in ("created", "processing", "completed")  # a worker may be quick
    Client(live.free, base_url=live.url)._wait(asked["data"]["id"], 30, 0.2)
    done = curl(live, RESULT, requestId=asked["data"]["id"])["data"]
    assert (done["status"], done["error"], len(done["outputs"])) == ("completed", "", 1)
    assert isinstance(done["timings"]["inference"], int)
    assert curl(live, RESULT, requestId="0" * 32)["code"] == 404


# --- clients of /api/v2 ---


def test_a_node_of_comfyui_asks_at_v3_polls_and_uploads_at_v2(live, tmp_path):
    """As wavespeed-comfyui does."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {live.free}"
    asked = session.post(f"{live.url}/api/v3/{BGM_PATH}", json=SHORT | {"enable_base64_output": False}, timeout=60)
    address = f"{live.url}/api/v2/predictions/{asked.json()['data']['id']}/result"
    wait_for(lambda: session.get(address, timeout=30).json()["data"]["status"] == "completed", 60, "it is ready")
    done = session.get(address, timeout=30).json()["data"]
    assert seconds(done["outputs"][0], tmp_path) == pytest.approx(5, abs=0.2)
    file = tmp_path / "theme.mp3"
    encode(song(5), RATE, file, format="mp3")
    with file.open("rb") as sound:
        form = {"file": ("audio.mp3", sound, "audio/mpeg")}
        sent = session.post(f"{live.url}/api/v2/media/upload/binary", files=form, timeout=180)
    address = sent.json()["data"]["download_url"]
    wait_for(lambda: requests.get(address, timeout=30).status_code == 200, 60, "it is read")


OLDEST = """
import json, sys
from wavespeed.client import WaveSpeed
url, key, model = sys.argv[1:]
client = WaveSpeed(api_key=key, base_url=f"{url}/api/v2/")
made = client.run(model, {"prompt": "warm lo-fi, 5 s"})
same = client.get_prediction(made.id)
print(json.dumps([made.status, len(same.outputs), made.has_nsfw_contents, made.executionTime > 0]))
"""
OLDEST_SHA256 = "d52f6233c21d48e96e1b38fd6494352ce161d0ba7fa0c823eec3c55b0a482b17"  # the wheel


def test_the_oldest_sdk(live, request):
    """Version 0.0.5 uses v2, and reads no prediction without `has_nsfw_contents` and `executionTime`."""
    folder = request.config.cache.mkdir("wavespeed-0.0.5")
    if not (folder / "wavespeed").exists():
        (folder / "lock").write_text(f"wavespeed==0.0.5 --hash=sha256:{OLDEST_SHA256}\n")
        pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes")
        lock = (folder / "lock", "--target", folder)
        subprocess.run([*pip, "-r", *lock], check=True, timeout=120, capture_output=True)
    ran = subprocess.run(
        [sys.executable, "-c", OLDEST, live.url, live.free, BGM_PATH],
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout.splitlines()[-1]) == ["completed", 1, [False], True]
