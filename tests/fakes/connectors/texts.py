"""The connectors that the tests run: the shipped ones, ComfyUI's with a workflow as an operator would add it."""

import json

from generator.providers.connectors import shipped_texts
from generator.providers.connectors.comfyui_workflow import model_of

WORKFLOW = {
    "3": {"class_type": "TextEncodeAceStepAudio1.5", "inputs": {"tags": "{{prompt}}", "seed": "{{seed}}"}},
    "4": {"class_type": "EmptyAceStep1.5LatentAudio", "inputs": {"seconds": "{{seconds}}", "batch_size": 1}},
    "9": {"class_type": "SaveAudioMP3", "inputs": {"filename_prefix": "bgm", "audio": ["4", 0]}},
}
MODELS = {"fal": "fal/minimax-music-2.6", "runware": "runware/minimax-music-2.6", "comfyui": "comfyui/felt-piano"}


def text_of(name: str) -> str:
    text = shipped_texts()[name]
    if name != "comfyui":
        return text
    return json.dumps(json.loads(text) | {"models": [model_of(json.dumps(WORKFLOW), "Felt piano")]})
