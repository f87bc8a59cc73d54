"""Time from pressing Generate to the first sound of a 30 s track, on a studio started as a person starts it.

    python -m benchmarks.first_sound [--times 5]

Starts `run.py` in its own directory, signs in, waits for the sample tracks, sends the form, and then polls the page's
running cards as the page does, until a take's audio returns its first bytes. The baseline is the bare composer, timed
in one process with the same prompt in the same run.
"""

import argparse
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from tests.management.tree import ROOT, Studio, wait_for

GOAL = 3.0
BRIEF = "warm lo-fi under a cooking video, 30 s"
BARE = f"""
import time
from generator.composer import compose, read_brief
compose(read_brief("short piano, 5 s", seed=1))
for seed in range(3):
    began = time.perf_counter()
    compose(read_brief({BRIEF!r}, seed=seed))
    print(time.perf_counter() - began)
"""


def sign_in(studio: Studio) -> httpx.Client:
    http = httpx.Client(base_url=studio.url, follow_redirects=True, timeout=30)
    http.get("/accounts/login/")
    form = {"login": "admin@studio.local", "password": studio.password()}
    http.post("/accounts/login/", data=form | {"csrfmiddlewaretoken": http.cookies["studio_csrf"]}).raise_for_status()
    return http


def first_sound(http: httpx.Client, project: str) -> float:
    """Return the seconds from sending the form to the first bytes of a new take."""
    before = set(re.findall(r"/tracks/([\w-]{16})/audio", http.get(f"/projects/{project}/").text))
    form = {"text": BRIEF, "model": "composer/studio", "takes": "1", "format": "flac"}
    form |= {"idempotency_key": secrets.token_urlsafe(12), "csrfmiddlewaretoken": http.cookies["studio_csrf"]}
    began = time.perf_counter()
    http.post(f"/projects/{project}/generate/", data=form).raise_for_status()
    while True:
        page = http.get(f"/projects/{project}/running/", headers={"HX-Request": "true"}).text
        page += http.get(f"/projects/{project}/tracks/", headers={"HX-Request": "true"}).text
        if new := set(re.findall(r"/tracks/([\w-]{16})/audio", page)) - before:
            reply = http.get(f"/tracks/{new.pop()}/audio", headers={"Range": "bytes=0-65535"})
            assert reply.status_code == 206, reply.status_code
            return time.perf_counter() - began
        time.sleep(0.05)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Studio(Path(folder)) as studio:
        http = sign_in(studio)
        project = re.search(r"/projects/([\w-]{16})/", str(http.get("/").url))[1]
        busy = "SELECT COUNT(*) FROM generator_generation WHERE state != 'ready'"
        wait_for(lambda: studio.rows(busy) == [(0,)], 90, "the sample tracks are made")
        taken = [first_sound(http, project) for _ in range(asked.times)]
    bare = subprocess.run([sys.executable, "-c", BARE], cwd=ROOT, capture_output=True, text=True, check=True)
    alone = statistics.median(map(float, bare.stdout.split()))
    middle = statistics.median(taken)
    print("each: " + ", ".join(f"{one:.2f}" for one in taken) + " s")
    print(
        f"press to first sound {middle:.2f} s   bare composer {alone:.2f} s   ratio {middle / alone:.2f}   "
        f"goal {GOAL:.0f} s  {'ok' if middle <= GOAL else 'over'}"
    )


if __name__ == "__main__":
    main()
