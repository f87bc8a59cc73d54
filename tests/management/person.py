"""A person with a browser: signs in, submits, and presses again when the studio did not answer."""

import re
import time

import httpx

from tests.management.tree import Studio


class Person:
    def __init__(self, studio: Studio) -> None:
        self.http = httpx.Client(base_url=studio.url, follow_redirects=True, timeout=15)
        page = self.patiently(lambda: self.http.get("/accounts/login/"))
        signed_in = self.http.post(
            "/accounts/login/",
            data={"login": "admin@studio.local", "password": studio.password(), "csrfmiddlewaretoken": token(page)},
        )
        assert "New music" in signed_in.text
        self.project = str(signed_in.url.path)
        self.token = token(signed_in)

    @staticmethod
    def patiently(request, tries: int = 600) -> httpx.Response:
        """Send until the answer is neither an error nor a refusal."""
        said = ""
        for _ in range(tries):
            try:
                reply = request()
                if reply.status_code < 400:
                    return reply
                said = f"{reply.status_code} {re.findall(r'notice[^>]*>([^<]+)', reply.text)}"
            except httpx.HTTPError as error:
                said = repr(error)
            time.sleep(0.2)
        raise AssertionError(f"the studio stayed away: {said}")

    def submit(self, key: str, text: str, model: str = "composer/studio", **fields: str) -> None:
        form = {"csrfmiddlewaretoken": self.token, "idempotency_key": key, "text": text, "model": model} | fields
        self.patiently(lambda: self.http.post(f"{self.project}generate/", data=form, follow_redirects=False))


def token(page: httpx.Response) -> str:
    return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]
