"""Presets: settings under a name, one's own or shared in a project."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import ConfigDict, Field

from generator import permissions
from generator.api.v1.auth import find_project, must_edit, user_of
from generator.api.v1.problems import Problem
from generator.api.v1.schemas import Ref, Strict, Value
from generator.models import Preset
from generator.services.briefs import presets
from generator.services.errors import UserError
from generator.services.generation.submit import choice_of

router = Router(tags=["Generations"])
OWN = ("model", "text", "takes", "format")


class PresetIn(Strict):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "Podcast bed", "model": "composer/studio", "settings": {"bed": True, "length": 120}}]
        },
    )
    name: str = Field(max_length=presets.MAX_NAME_CHARS)
    model: str = Field(max_length=100)
    text: str = Field("", description="A prompt to fill in; empty: the typed one stays.")
    takes: int = 1
    format: str = Field("", max_length=10, description="Empty: the model's usual format.")
    settings: dict[str, Value] = Field(default_factory=dict, description="The model's own fields, by name.")
    shared: bool = Field(default=False, description="For everyone in the project instead of you alone.")


class PresetPatch(Strict):
    name: str = Field(max_length=presets.MAX_NAME_CHARS)


class PresetOut(Schema):
    id: Ref
    name: str
    shared: bool
    created_by: str
    created_at: dt.datetime
    model: str
    text: str
    takes: int
    format: str
    settings: dict[str, Any]


class PresetsOut(Schema):
    items: list[PresetOut]


def _preset_out(row: Preset) -> PresetOut:
    own = {name: row.fields.get(name, "") for name in OWN}
    return PresetOut(
        id=row.public_id,
        name=row.name,
        shared=row.project_id is not None,
        created_by=row.owner.label,
        created_at=row.created_at,
        settings={name: value for name, value in row.fields.items() if name not in OWN},
        **own,
    )


@router.get("/projects/{project_id}/presets", response=PresetsOut, summary="List your presets and the project's")
def list_presets(request: HttpRequest, project_id: str) -> dict[str, list[PresetOut]]:
    rows = (
        permissions.presets(user_of(request))
        .filter(Preset.usable_in(find_project(request, project_id)))
        .select_related("owner")
    )
    return {"items": [_preset_out(row) for row in rows.order_by("name", "id")]}


@router.post("/projects/{project_id}/presets", response={201: PresetOut}, summary="Save a preset")
def create_preset(request: HttpRequest, project_id: str, ask: PresetIn) -> Status[PresetOut]:
    """The settings are checked like those of a generation; nothing is generated."""
    user, project = user_of(request), find_project(request, project_id)
    must_edit(user, project)
    place = project if ask.shared else None
    values = {**ask.settings, "model": ask.model}
    with _name_field():
        format = ask.format or choice_of(ask.model).spec.formats[0]
        return Status(201, _preset_out(presets.save(user, place, ask.name, values, ask.text, ask.takes, format)))


@contextmanager
def _name_field() -> Iterator[None]:
    """Make a refusal of the name name the field as this API calls it."""
    try:
        yield
    except UserError as error:
        if error.field == "preset_name":
            error.field = "name"
        raise


def _find_preset(request: HttpRequest, preset_id: str) -> Preset:
    preset = permissions.presets(user_of(request)).filter(public_id=preset_id).select_related("owner").first()
    if preset is None:
        raise Problem(404, "Preset not found, or not accessible with this key.")
    return preset


@router.get("/presets/{preset_id}", response=PresetOut, summary="Get a preset")
def get_preset(request: HttpRequest, preset_id: str) -> PresetOut:
    return _preset_out(_find_preset(request, preset_id))


@router.patch("/presets/{preset_id}", response=PresetOut, summary="Rename a preset")
def update_preset(request: HttpRequest, preset_id: str, ask: PresetPatch) -> PresetOut:
    """Its settings stay as they are: to change them, save another preset and delete this one."""
    preset = _find_preset(request, preset_id)
    _must_edit_preset(request, preset)
    with _name_field():
        presets.rename(preset, ask.name)
    return _preset_out(preset)


def _must_edit_preset(request: HttpRequest, preset: Preset) -> None:
    if not permissions.editable_presets(user_of(request)).filter(pk=preset.pk).exists():
        raise Problem(403, "This key, or its maker, may not change this preset.")


@router.delete("/presets/{preset_id}", response={204: None}, summary="Delete a preset")
def delete_preset(request: HttpRequest, preset_id: str) -> Status[None]:
    preset = _find_preset(request, preset_id)
    _must_edit_preset(request, preset)
    presets.delete(preset)
    return Status(204, None)
