"""The create form as a program would send it: one call of the studio's own API, in three languages.

Only what is filled in is filled in: the project, the model and its fields. The key is taken from $BGM_KEY.
"""

import json
import shlex
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from generator import workflow
from generator.models import Project
from generator.providers.base import ModelSpec, Value
from generator.web.create import CreateForm

WAIT = 100  # seconds a call waits for its music
EMPTY = "Warm lo-fi under a cooking video, 45 s"  # in the place of a text that is not typed yet


@dataclass(frozen=True)
class Call:
    """What to paste, and where."""

    key: str
    title: str
    code: str


def for_form(request: HttpRequest, project: Project, form: CreateForm) -> tuple[Call, ...]:
    """The calls for what the form shows now; none where nothing is chosen, or several models are compared."""
    if not form.chosen or form.comparing:
        return ()
    address = f"{_base(request)}/api/v1/generations"
    body = _body(project, form)
    made = {"curl": ("curl", _curl), "python": ("Python", _python), "javascript": ("JavaScript", _javascript)}
    return tuple(Call(key, title, write(address, body)) for key, (title, write) in made.items())


def _base(request: HttpRequest) -> str:
    return str(settings.STUDIO_URL or f"{request.scheme}://{request.get_host()}").rstrip("/")


def _body(project: Project, form: CreateForm) -> dict[str, Any]:
    spec = form.chosen[0].spec
    body: dict[str, Any] = {"project": project.ref, "model": spec.key, "text": form.text.strip() or EMPTY}
    body |= {"takes": form.takes, "format": form.format}
    typed = _typed(spec, form)
    return body | ({"settings": typed} if typed else {})


def _typed(spec: ModelSpec, form: CreateForm) -> dict[str, Value]:
    """The model's fields that are not left as they are, as the API reads them; what makes no sense yet stays a text."""
    sent = {one.field.name: one.value for one in (*form.fields, *form.advanced) if one.value not in (None, "")}
    found: dict[str, Value] = {}
    for field in spec.fields:
        if field.name not in sent:
            continue
        try:
            value = workflow.clean_settings(spec, {field.name: sent[field.name]}).get(field.name)
        except workflow.Refused:
            value = str(sent[field.name])
        if value != field.default and value is not None:
            found[field.name] = value
    return found


def _curl(address: str, body: dict[str, Any]) -> str:
    sent = shlex.quote(json.dumps(body, ensure_ascii=False, indent=2))
    return "\n".join(
        (
            f"curl -sS {shlex.quote(address)} \\",
            '  -H "Authorization: Bearer $BGM_KEY" \\',
            f'  -H "Content-Type: application/json" -H "Prefer: wait={WAIT}" \\',
            f"  -d {sent}",
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
    return _PYTHON.format(address=json.dumps(address), body=_as_python(body), wait=WAIT, patience=WAIT + 20)


def _as_python(body: dict[str, Any]) -> str:
    """A dictionary as a person would write it, a line each."""
    lines = [f"        {json.dumps(key)}: {_literal(value)}," for key, value in body.items()]
    return "\n".join(("{", *lines, "    }"))


def _literal(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {_literal(one)}" for key, one in value.items()) + "}"
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
    return _JAVASCRIPT.format(address=json.dumps(address), body=written, wait=WAIT)
