"""Code snippets for the create form: the equivalent call of the studio's API in three languages.

Each contains the project, the model and the fields that differ from their defaults. The API key comes from $BGM_KEY.
"""

import json
import shlex
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from generator.models import Project
from generator.providers.base import ModelSpec, Value
from generator.services.errors import UserError
from generator.services.generation import submit
from generator.web.generation.create_form import CreateForm

WAIT_S = 100  # seconds that the call waits for the generation to finish
EMPTY = "Warm lo-fi under a cooking video, 45 s"  # placeholder while no text is entered


@dataclass(frozen=True)
class Call:
    """One code snippet, with its key and the title of its tab."""

    key: str
    title: str
    code: str


def for_form(request: HttpRequest, project: Project, form: CreateForm) -> tuple[Call, ...]:
    """Return the snippets for the form; none without a model, for a comparison, or for a generation per take."""
    if not form.chosen or form.comparing or form.takes > form.chosen[0].spec.takes_max:
        return ()
    address = f"{_base(request)}/api/v1/generations"
    body = _body(project, form)
    writers = {"curl": ("curl", _curl), "python": ("Python", _python), "javascript": ("JavaScript", _javascript)}
    return tuple(Call(key, title, write(address, body)) for key, (title, write) in writers.items())


def _base(request: HttpRequest) -> str:
    return str(settings.STUDIO_URL or f"{request.scheme}://{request.get_host()}").rstrip("/")


def _body(project: Project, form: CreateForm) -> dict[str, Any]:
    spec = form.chosen[0].spec
    body: dict[str, Any] = {"project": project.public_id, "model": spec.key, "text": form.text.strip() or EMPTY}
    body |= {"takes": form.takes, "format": form.format}
    settings = _changed_settings(spec, form)
    return body | ({"settings": settings} if settings else {})


def _changed_settings(spec: ModelSpec, form: CreateForm) -> dict[str, Value]:
    """Return the model's fields that differ from their defaults, as API values; invalid values stay strings."""
    entered = {
        shown_field.field.name: shown_field.value
        for shown_field in (*form.fields, *form.advanced)
        if shown_field.value not in (None, "")
    }
    settings: dict[str, Value] = {}
    for field in spec.fields:
        if field.name not in entered:
            continue
        try:
            value = submit.clean_settings(spec, {field.name: entered[field.name]}).get(field.name)
        except UserError:
            value = str(entered[field.name])
        if value != field.default and value is not None:
            settings[field.name] = value
    return settings


def _curl(address: str, body: dict[str, Any]) -> str:
    payload = shlex.quote(json.dumps(body, ensure_ascii=False, indent=2))
    return "\n".join(
        (
            f"curl -sS {shlex.quote(address)} \\",
            '  -H "Authorization: Bearer $BGM_KEY" \\',
            f'  -H "Content-Type: application/json" -H "Prefer: wait={WAIT_S}" \\',
            f"  -d {payload}",
        )
    )


_PYTHON = """import json, os, urllib.request

request = urllib.request.Request(
    {address},
    data=json.dumps({body}).encode(),
    headers={{
        "Authorization": f"Bearer {{os.environ['BGM_KEY']}}",
        "Content-Type": "application/json",
        "Prefer": "wait={wait}",
    }},
)
made = json.load(urllib.request.urlopen(request, timeout={patience}))
print(made["state"])
for track in made["tracks"]:
    print(track["title"], track["audio_url"])"""


def _python(address: str, body: dict[str, Any]) -> str:
    return _PYTHON.format(address=json.dumps(address), body=_as_python(body), wait=WAIT_S, patience=WAIT_S + 20)


def _as_python(body: dict[str, Any]) -> str:
    """Format a dictionary as Python source, one item per line."""
    lines = [f"        {json.dumps(key)}: {_literal(value)}," for key, value in body.items()]
    return "\n".join(("{", *lines, "    }"))


def _literal(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {_literal(item)}" for key, item in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


_JAVASCRIPT = """const reply = await fetch({address}, {{
  method: "POST",
  headers: {{
    Authorization: `Bearer ${{process.env.BGM_KEY}}`,
    "Content-Type": "application/json",
    Prefer: "wait={wait}",
  }},
  body: JSON.stringify({body}),
}});
const made = await reply.json();
console.log(made.state ?? made.detail);
for (const track of made.tracks ?? []) console.log(track.title, track.audio_url);"""


def _javascript(address: str, body: dict[str, Any]) -> str:
    written = json.dumps(body, ensure_ascii=False, indent=2).replace("\n", "\n  ")
    return _JAVASCRIPT.format(address=json.dumps(address), body=written, wait=WAIT_S)
