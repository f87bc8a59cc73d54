"""The MCP tools: models, quotes, generations, the library and spend."""

import secrets
import shlex
import time
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

import anyio
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.tools import Tool
from mcp.types import ToolAnnotations
from pydantic import Field

from generator.management.agents import schemas
from generator.management.agents.client import Studio

INSTRUCTIONS = """Background music from a text prompt. First look for existing music with `search_tracks`. To make new
music, choose from `list_models` (the built-in composer is free), check the price with `get_quote`, call
`create_generation`, then `wait_for_generation` until it has ended. Every track has an `audio_url` that plays and
downloads without a key for seven days."""
MAX_WAIT_S = 600  # seconds that one `wait_for_generation` call may take
POLL_INTERVAL_S = 2.0  # seconds between two polls
RESTING = ("ready", "failed", "canceled", "in_doubt")  # states that do not change without an action
READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
MAKES = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True)
STOPS = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False)

Project = Annotated[str, Field(description="Id of a project. Empty: the default project of the key.")]
ModelId = Annotated[
    str, Field(description="The `id` of a model of `list_models`; composer/studio is built in and free.")
]
Takes = Annotated[int, Field(ge=1, le=10, description="How many takes to make; each is charged.")]
GenerationId = Annotated[
    str, Field(pattern=r"^[\w-]{1,32}$", description="The `id` that `create_generation` returned.")
]
TrackId = Annotated[str, Field(pattern=r"^[\w-]{1,32}$", description="The `id` of a track.")]
Settings = Annotated[
    dict[str, str | int | float | bool] | None,
    Field(description="The model's own fields, by name; the price may depend on them."),
]
COMPOSER = "composer/studio"


class Tools:
    """The tools of one studio. The key is the one given at startup; over HTTP it is the key of each request."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def _call_api(self, context: Context, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        """Call the API; over HTTP, only with the caller's own key."""
        if context.headers is not None:
            kind, _, key = context.headers.get("authorization", "").partition(" ")
            arguments["key"] = key.strip() if kind.lower() == "bearer" and key.strip() else "none"
        return self._studio.ask(method, path, **arguments)

    def list_models(self, context: Context, project: Project = "") -> schemas.Models:
        """List the models that make music, with prices in US dollars per take, limits, and the settings of each."""
        reply = self._call_api(context, "GET", "models", params={"project": project})
        return schemas.Models.model_validate({"models": reply["items"]})

    def get_quote(
        self,
        context: Context,
        model: ModelId = COMPOSER,
        takes: Takes = 1,
        settings: Settings = None,
        project: Project = "",
    ) -> schemas.Quote:
        """Return what a request would cost now, what the budgets leave, and whether it would be refused."""
        body = {"models": [model], "takes": takes, "settings": settings or {}, "project": project or None}
        return schemas.Quote.model_validate(self._call_api(context, "POST", "quotes", body=body))

    def create_generation(
        self,
        context: Context,
        text: Annotated[str, Field(description="The prompt: purpose, mood, style, tempo, instruments, length.")],
        model: ModelId = COMPOSER,
        takes: Takes = 1,
        format: Annotated[str, Field(description="mp3, wav, flac; empty: the model's default.")] = "",
        settings: Settings = None,
        project: Project = "",
        idempotency_key: Annotated[
            str, Field(max_length=64, description="Repeating a key returns the first result at no cost.")
        ] = "",
        expected_price_usd: Annotated[
            str,
            Field(
                max_length=24, description="`total_usd` of `get_quote`: nothing is made at another price. Empty: any."
            ),
        ] = "",
    ) -> schemas.Generation:
        """Start making music: it is queued and its price reserved. Then call `wait_for_generation`. May cost money."""
        body: dict[str, Any] = {"model": model, "text": text, "takes": takes, "settings": settings or {}}
        body |= {"format": format or None, "project": project or None}
        body["expected_price_usd"] = expected_price_usd or None
        once = {"Idempotency-Key": idempotency_key or secrets.token_urlsafe(18)}
        return schemas.Generation.from_response(self._call_api(context, "POST", "generations", body=body, headers=once))

    def create_batch(
        self,
        context: Context,
        briefs: Annotated[
            list[schemas.Brief], Field(min_length=1, max_length=50, description="One generation each, in this order.")
        ],
        project: Project = "",
        idempotency_key: Annotated[
            str, Field(max_length=64, description="Repeating a key returns the first result at no cost.")
        ] = "",
        expected_price_usd: Annotated[
            str, Field(max_length=24, description="Total of all briefs: nothing is made at another price. Empty: any.")
        ] = "",
    ) -> schemas.Batch:
        """Start several generations at once, all or none. Then call `get_batch` until it has ended. May cost money."""
        body: dict[str, Any] = {"briefs": [brief.as_request() for brief in briefs], "project": project or None}
        body["expected_price_usd"] = expected_price_usd or None
        once = {"Idempotency-Key": idempotency_key or secrets.token_urlsafe(18)}
        return schemas.Batch.from_response(self._call_api(context, "POST", "batches", body=body, headers=once))

    def get_batch(
        self,
        context: Context,
        batch: Annotated[str, Field(pattern=r"^[\w-]{1,32}$", description="The `id` that `create_batch` returned.")],
    ) -> schemas.Batch:
        """Return how far a batch is, what it costs, and its generations with their tracks so far."""
        return schemas.Batch.from_response(self._call_api(context, "GET", f"batches/{batch}"))

    def get_structure(self, context: Context, track: TrackId) -> schemas.Structure:
        """Return what is known of a track's pulse, bars and sections. If it is null, ask again after a few seconds."""
        return schemas.Structure.model_validate(self._call_api(context, "GET", f"tracks/{track}/structure"))

    def correct_grid(
        self,
        context: Context,
        track: TrackId,
        shift_s: Annotated[float, Field(description="Move all beats by seconds; positive: later.")] = 0.0,
        beat_shift: Annotated[int, Field(description="Let bars begin that many beats later.")] = 0,
        bpm: Annotated[
            float | None, Field(description="An even grid from `first_beat_s` on, which begins a bar.")
        ] = None,
        first_beat_s: float = 0.0,
        beats_per_bar: int | None = None,
    ) -> schemas.Grid:
        """Replace the correction of a track's bar grid, for edits made from now on. All defaults: as measured."""
        body: dict[str, Any] = {"shift_s": shift_s, "beat_shift": beat_shift, "bpm": bpm, "first_beat_s": first_beat_s}
        body["beats_per_bar"] = beats_per_bar
        return schemas.Grid.model_validate(self._call_api(context, "PUT", f"tracks/{track}/grid", body=body))

    def create_edit(
        self,
        context: Context,
        track: TrackId,
        steps: Annotated[
            list[dict[str, Any]],
            Field(
                max_length=12,
                description="In this order, each at most once: cut, fit, loop, fades, speed, bed, duck, level. "
                'Such as [{"step": "fit", "length_s": 28.5}, {"step": "level", "destination": "podcast"}].',
            ),
        ],
        formats: Annotated[
            list[dict[str, Any]],
            Field(min_length=1, max_length=12, description='Such as [{"format": "wav", "rate": 48000, "bits": 24}].'),
        ],
        title: Annotated[str, Field(max_length=120, description="Empty: what the steps do.")] = "",
    ) -> schemas.Edit:
        """Cut, fit to a length, loop, fade, level or convert a track. Free; the track stays. Then call `get_edit`."""
        body = {"recipe": {"steps": steps}, "formats": formats, "title": title}
        return schemas.Edit.model_validate(self._call_api(context, "POST", f"tracks/{track}/edits", body=body))

    def get_edit(
        self,
        context: Context,
        edit: Annotated[str, Field(pattern=r"^[\w-]{1,32}$", description="The `id` that `create_edit` returned.")],
    ) -> schemas.Edit:
        """Return the state of an edit, what was done, and its files."""
        return schemas.Edit.model_validate(self._call_api(context, "GET", f"edits/{edit}"))

    def create_pack(
        self,
        context: Context,
        preset: Annotated[str, Field(description="editor, podcast, game, broadcast or social.")],
        tracks: Annotated[
            list[str], Field(max_length=100, description="Ids of tracks of one project; empty: all its tracks.")
        ],
        project: Project = "",
        title: Annotated[str, Field(max_length=120, description="Empty: of the track, or of the project.")] = "",
    ) -> schemas.Pack:
        """Make one zip of tracks with cuts, loop, bed, stems, licenses and cue sheet. Free. Then call `get_pack`."""
        body = {"preset": preset, "tracks": tracks or None, "project": project or None, "title": title}
        return schemas.Pack.model_validate(self._call_api(context, "POST", "packs", body=body))

    def get_pack(
        self,
        context: Context,
        pack: Annotated[str, Field(pattern=r"^[\w-]{1,32}$", description="The `id` that `create_pack` returned.")],
    ) -> schemas.Pack:
        """Return the state of a pack, its files, and what was left out with the reason."""
        return schemas.Pack.model_validate(self._call_api(context, "GET", f"packs/{pack}"))

    def create_upload(
        self,
        context: Context,
        file_name: Annotated[str, Field(min_length=1, max_length=200, description="With its ending: theme.wav.")],
        title: Annotated[str, Field(max_length=120, description="Empty: the name of the file.")] = "",
        source: Annotated[str, Field(description="bought, recorded, tool or other.")] = "other",
        source_text: Annotated[str, Field(max_length=200, description="The shop, the session, the tool.")] = "",
        license_text: Annotated[str, Field(max_length=2000, description="The terms that came with it.")] = "",
        credit: Annotated[str, Field(max_length=200, description="Its composer or author.")] = "",
        cost_usd: Annotated[str, Field(max_length=40, description="As stated by a person. Empty: not stated.")] = "",
        bought_on: Annotated[str, Field(max_length=10, description="YYYY-MM-DD. Empty: not stated.")] = "",
        project: Project = "",
    ) -> schemas.UploadAddress:
        """Get an address that takes a track from elsewhere. PUT the file there within an hour; the answer has its `id`.

        Then call `get_upload` until it is ready. State only what a person told you.
        """
        body = {"file_name": file_name, "title": title, "source": source, "source_text": source_text}
        body |= {"license_text": license_text, "credit": credit, "cost_usd": cost_usd, "bought_on": bought_on}
        return self._upload_address(context, file_name, {**body, "project": project})

    def create_voice_over(
        self,
        context: Context,
        file_name: Annotated[str, Field(min_length=1, max_length=200, description="With its ending: narration.wav.")],
        project: Project = "",
    ) -> schemas.UploadAddress:
        """Get an address that takes a voice-over. PUT the file there within an hour; the answer has its `voice`.

        It is the `voice` of the step `duck` of `create_edit`, for tracks of the project, and is kept for 24 hours.
        """
        body = {"file_name": file_name, "kind": "voice_over", "project": project}
        return self._upload_address(context, file_name, body)

    def _upload_address(self, context: Context, file_name: str, body: dict[str, Any]) -> schemas.UploadAddress:
        reply = self._call_api(context, "POST", "upload-addresses", body=body)
        command = f"curl -T {shlex.quote(file_name)} {shlex.quote(reply['url'])}"
        return schemas.UploadAddress.model_validate({**reply, "command": command})

    def get_upload(
        self,
        context: Context,
        upload: Annotated[str, Field(pattern=r"^[\w-]{1,32}$", description="The `id` that the upload returned.")],
    ) -> schemas.Upload:
        """Return the state of an upload, and the track that it became."""
        return schemas.Upload.model_validate(self._call_api(context, "GET", f"uploads/{upload}"))

    async def wait_for_generation(
        self,
        context: Context,
        generation: GenerationId,
        timeout_s: Annotated[
            int, Field(ge=0, le=MAX_WAIT_S, description="How long to wait at most, in seconds.")
        ] = 120,
    ) -> schemas.Generation:
        """Wait until a generation has ended, reporting its progress. If `ended` is still false, call it again."""
        ends = time.monotonic() + timeout_s
        while True:
            reply = await anyio.to_thread.run_sync(partial(self._call_api, context, "GET", f"generations/{generation}"))
            current = schemas.Generation.from_response(reply)
            await context.report_progress(
                100 if current.state == "ready" else current.percent, 100, current.stage or current.state
            )
            remaining_s = ends - time.monotonic()
            if current.state in RESTING or remaining_s <= 0:
                return current
            await anyio.sleep(min(POLL_INTERVAL_S, remaining_s))

    def search_tracks(
        self,
        context: Context,
        query: Annotated[
            str, Field(description="Words or beginnings of words in titles, prompts, tags, models, authors.")
        ] = "",
        project: Annotated[str, Field(description="Id of a project; empty: all projects of the key.")] = "",
        tag: str = "",
        model: str = "",
        length: Annotated[str, Field(description="short, medium, long")] = "",
        tempo: Annotated[str, Field(description="slow, medium, fast")] = "",
        status: Annotated[str, Field(description="approved, draft")] = "",
        starred: bool = False,
        sort: str = "newest",
        limit: Annotated[int, Field(ge=1, le=50)] = 10,
        cursor: Annotated[str, Field(description="The `next_cursor` of the previous page.")] = "",
    ) -> schemas.Tracks:
        """Search the library, with the filters of its page."""
        params = {"q": query, "project": project, "tag": tag, "model": model, "length": length, "tempo": tempo}
        params |= {"status": status, "starred": "1" if starred else "", "sort": sort, "cursor": cursor}
        reply = self._call_api(context, "GET", "tracks", params={**params, "limit": str(limit)})
        return schemas.Tracks.model_validate({"tracks": reply["items"], "next_cursor": reply["next_cursor"]})

    def get_track(self, context: Context, track: TrackId) -> schemas.Track:
        """Return one track, with the address of its file."""
        return schemas.Track.model_validate(self._call_api(context, "GET", f"tracks/{track}"))

    def cancel_generation(self, context: Context, generation: GenerationId) -> schemas.Generation:
        """Cancel a generation. What was sent to a provider may continue there and cost money; what arrives is kept."""
        return schemas.Generation.from_response(self._call_api(context, "POST", f"generations/{generation}/cancel"))

    def get_spend(
        self,
        context: Context,
        project: Annotated[str, Field(description="Id of a project; empty: the key's owner, in all projects.")] = "",
        month: Annotated[str, Field(description="Such as 2026-11; empty: the current month.")] = "",
    ) -> schemas.Spend:
        """Return the spend of a month so far, in US dollars, and what is left in the budgets."""
        return schemas.Spend.model_validate(
            self._call_api(context, "GET", "spend", params={"project": project, "month": month})
        )


def server(studio: Studio) -> MCPServer:
    """Return an MCP server with the tools of a studio."""
    tools = Tools(studio)
    making = (
        *("create_generation", "create_batch", "correct_grid", "create_edit", "create_pack"),
        *("create_upload", "create_voice_over"),
    )
    kinds = {**dict.fromkeys(making, MAKES), "cancel_generation": STOPS}
    names = (
        *("list_models", "get_quote", "create_generation", "wait_for_generation"),
        *(
            "create_batch",
            "get_batch",
            "get_structure",
            "correct_grid",
            "create_edit",
            "get_edit",
            "create_pack",
            "get_pack",
            "create_upload",
            "get_upload",
            "create_voice_over",
        ),
        *("search_tracks", "get_track"),
        *("cancel_generation", "get_spend"),
    )
    return MCPServer(
        "bgm-studio",
        title="BGM Studio",
        instructions=INSTRUCTIONS,
        version="1",
        log_level="WARNING",
        tools=[_strict(getattr(tools, name), kinds.get(name, READS)) for name in names],
    )


def _strict(function: Callable[..., Any], annotations: ToolAnnotations) -> Tool:
    """Return a tool that rejects unknown arguments and says so in its schema."""
    tool = Tool.from_function(function, annotations=annotations)
    arguments = tool.fn_metadata.arg_model
    arguments.model_config["extra"] = "forbid"
    arguments.model_rebuild(force=True)
    tool.parameters = arguments.model_json_schema(by_alias=True)
    return tool
