"""ComfyUI workflows as models: an “Export (API)” file in which the operator has written `{{prompt}}` and the like."""

import re
from collections.abc import Mapping
from typing import Any

from generator.providers.connectors import templates
from generator.providers.connectors.document import DocumentError
from generator.providers.sanitize import loads

_SEED = {"kind": "whole", "label": "Seed", "minimum": 0, "maximum": 2**31 - 1, "advanced": True}
_FIELDS: Mapping[str, dict[str, Any]] = {
    "seconds": {"kind": "whole", "label": "Length", "minimum": 1, "maximum": 600, "unit": "seconds", "default": 60},
    "seed": _SEED | {"default": 0},
    "bpm": {"kind": "whole", "label": "Tempo", "minimum": 30, "maximum": 300, "unit": "BPM", "default": 90},
    "lyrics": {"kind": "words", "label": "Lyrics", "maximum": 4000, "default": "[instrumental]"},
    "negative_prompt": {"kind": "words", "label": "Exclude", "maximum": 1000, "default": "vocals", "advanced": True},
    "steps": {"kind": "whole", "label": "Steps", "minimum": 1, "maximum": 200, "default": 8, "advanced": True},
}
_FORMATS = {"SaveAudioMP3": "mp3", "SaveAudio": "flac"}
NAMES = ("prompt", "takes", *_FIELDS)


def model_of(text: str, title: str) -> dict[str, Any]:
    """Return the model that a workflow file describes, to be put into a connector's `models`.

    A node's text that is only a placeholder becomes the value with its type. Every field has a default, because a
    node's input cannot be left out.

    Raises:
        DocumentError: the file is not an exported workflow, or has placeholders that are not known.
    """
    try:
        workflow = loads(text)
    except ValueError as error:
        raise DocumentError([("$", f"is not JSON: {error}")]) from None
    if isinstance(workflow, dict) and isinstance(workflow.get("nodes"), list):
        raise DocumentError([("$", "is the editor’s own file; use “Export (API)” in ComfyUI’s menu")])
    nodes = list(workflow.items()) if isinstance(workflow, dict) else []
    wrong = [str(name)[:40] for name, node in nodes if not (isinstance(node, dict) and "class_type" in node)]
    if not nodes or wrong:
        raise DocumentError([(f"$.{wrong[0]}" if wrong else "$", "is not a node of an exported workflow")])
    names = list(dict.fromkeys(templates.names_in(workflow)))
    if "prompt" not in names:
        raise DocumentError([("$", "has no {{prompt}}: write it where the description of the music goes")])
    if unknown := [name for name in names if name not in NAMES]:
        known = ", ".join(f"{{{{{name}}}}}" for name in NAMES)
        raise DocumentError([("$", f"has {{{{{unknown[0]}}}}}, which is not one of {known}")])
    kinds = [str(node["class_type"]) for _name, node in nodes]
    return {
        "name": re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60] or "workflow",
        "title": title[:80],
        "summary": "A workflow of your own on your ComfyUI, free of charge.",
        "prompt_limit": 2000,
        "takes_max": 4 if "takes" in names else 1,
        "formats": [next((_FORMATS[kind] for kind in kinds if kind in _FORMATS), "mp3")],
        "inputs": workflow,
        "fields": [{"name": name, **_FIELDS[name]} for name in names if name in _FIELDS],
        "price": {"usd": "0", "checked": "2026-12-01", "source": "your own machine"},
        "is_instrumental": False,
        "unverified": "No track was made with this workflow yet.",
    }
