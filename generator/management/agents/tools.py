"""The tools, a handful: what there is, what it costs, make, wait, find, fetch, stop, and what was spent."""

import secrets
import time
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

import anyio
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.tools import Tool
from mcp.types import ToolAnnotations
from pydantic import Field

from generator.management.agents import shapes
from generator.management.agents.studio import Studio

INSTRUCTIONS = """Background music from a sentence. Ask `models` what there is (the built-in composer is free), `price`
what it costs, `generate` to make it, then `wait` until it has ended; every track has an `audio_url` that plays and
downloads without a key for seven days. `search` looks through what was made before: look there first."""
LONGEST = 600  # seconds `wait` stays at most
BETWEEN = 2.0  # seconds between two looks
RESTING = ("ready", "failed", "cancelled", "in_doubt")  # nothing more comes by itself
READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
MAKES = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True)
STOPS = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False)

Project = Annotated[str, Field(description="Id of a project. Empty: the key's own, else its person's.")]
ModelKey = Annotated[str, Field(description="A key of `models`; composer/studio is built in and free.")]
Takes = Annotated[int, Field(ge=1, le=10, description="How many to choose from; each costs.")]
GenerationId = Annotated[str, Field(pattern=r"^[\w-]{1,32}$", description="The `id` that `generate` gave.")]
COMPOSER = "composer/studio"


class Tools:
    """The tools of one studio. The key is the one given at the start, or over HTTP each request's own."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def _ask(self, context: Context, method: str, path: str, **sent: Any) -> dict[str, Any]:
        """Call the API; over HTTP with the caller's own key and no other."""
        if context.headers is not None:
            kind, _, key = context.headers.get("authorization", "").partition(" ")
            sent["key"] = key.strip() if kind.lower() == "bearer" and key.strip() else "none"
        return self._studio.ask(method, path, **sent)

    def models(self, context: Context, project: Project = "") -> shapes.Models:
        """What can be asked to make music, with prices in US dollars a take, limits, and the settings each takes."""
        said = self._ask(context, "GET", "models", params={"project": project})
        return shapes.Models.model_validate({"models": said["items"]})

    def price(
        self, context: Context, model: ModelKey = COMPOSER, takes: Takes = 1, project: Project = ""
    ) -> shapes.Price:
        """What takes of a model would cost now, what is left of the caps, and whether it would be refused."""
        body = {"models": [model], "takes": takes, "project": project or None}
        return shapes.Price.model_validate(self._ask(context, "POST", "price", body=body))

    def generate(
        self,
        context: Context,
        text: Annotated[str, Field(description="The brief: what it is for, mood, style, tempo, instruments, length.")],
        model: ModelKey = COMPOSER,
        takes: Takes = 1,
        format: Annotated[str, Field(description="mp3, wav, flac; empty: the model's usual one.")] = "",
        settings: Annotated[
            dict[str, str | int | float | bool] | None, Field(description="The model's own fields, by name.")
        ] = None,
        project: Project = "",
        idempotency_key: Annotated[
            str, Field(max_length=64, description="The same key again returns the first result and costs nothing.")
        ] = "",
        expected_price_usd: Annotated[
            str,
            Field(max_length=24, description="`total_usd` of `price`: at any other price nothing is made. Empty: any."),
        ] = "",
    ) -> shapes.Generation:
        """Ask for music. It is queued and its price set aside at once; `wait` for it next. Paid models cost money."""
        body: dict[str, Any] = {"model": model, "text": text, "takes": takes, "settings": settings or {}}
        body |= {"format": format or None, "project": project or None}
        body["expected_price_usd"] = expected_price_usd or None
        once = {"Idempotency-Key": idempotency_key or secrets.token_urlsafe(18)}
        return shapes.Generation.of(self._ask(context, "POST", "generations", body=body, headers=once))

    async def wait(
        self,
        context: Context,
        generation: GenerationId,
        seconds: Annotated[int, Field(ge=0, le=LONGEST, description="How long at most.")] = 120,
    ) -> shapes.Generation:
        """Stay until a generation has ended, telling how far it is. If `ended` is still false, wait again."""
        ends = time.monotonic() + seconds
        while True:
            said = await anyio.to_thread.run_sync(partial(self._ask, context, "GET", f"generations/{generation}"))
            seen = shapes.Generation.of(said)
            await context.report_progress(100 if seen.state == "ready" else seen.percent, 100, seen.stage or seen.state)
            left = ends - time.monotonic()
            if seen.state in RESTING or left <= 0:
                return seen
            await anyio.sleep(min(BETWEEN, left))

    def search(
        self,
        context: Context,
        words: Annotated[str, Field(description="In titles, prompts, tags, models, authors; beginnings do.")] = "",
        project: Annotated[str, Field(description="Id of a project; empty: all that the key opens.")] = "",
        tag: str = "",
        model: str = "",
        length: Annotated[str, Field(description="short, medium, long")] = "",
        tempo: Annotated[str, Field(description="slow, middle, fast")] = "",
        status: Annotated[str, Field(description="approved, draft")] = "",
        starred: bool = False,
        sort: str = "newest",
        limit: Annotated[int, Field(ge=1, le=50)] = 10,
        cursor: Annotated[str, Field(description="`next` of the answer before.")] = "",
    ) -> shapes.Tracks:
        """Look through the library as its page does."""
        asked = {"q": words, "project": project, "tag": tag, "model": model, "length": length, "tempo": tempo}
        asked |= {"status": status, "starred": "1" if starred else "", "sort": sort, "cursor": cursor}
        said = self._ask(context, "GET", "tracks", params={**asked, "limit": str(limit)})
        return shapes.Tracks.model_validate({"tracks": said["items"], "next": said["next"]})

    def get(
        self, context: Context, track: Annotated[str, Field(pattern=r"^[\w-]{1,32}$", description="Its `id`.")]
    ) -> shapes.Track:
        """One track, with an address of its file."""
        return shapes.Track.model_validate(self._ask(context, "GET", f"tracks/{track}"))

    def cancel(self, context: Context, generation: GenerationId) -> shapes.Generation:
        """Stop a generation. What was sent to a provider may go on there and cost; what arrives is kept."""
        return shapes.Generation.of(self._ask(context, "POST", f"generations/{generation}/cancel"))

    def spend(
        self,
        context: Context,
        project: Annotated[str, Field(description="Id of a project; empty: the key's person, everywhere.")] = "",
        month: Annotated[str, Field(description="Such as 2026-11; empty: this one.")] = "",
    ) -> shapes.Spend:
        """What a month has cost so far, in US dollars, and what the caps leave."""
        return shapes.Spend.model_validate(
            self._ask(context, "GET", "spend", params={"project": project, "month": month})
        )


def server(studio: Studio) -> MCPServer:
    """An MCP server with the tools of a studio."""
    tools = Tools(studio)
    kinds = {"generate": MAKES, "cancel": STOPS}
    names = ("models", "price", "generate", "wait", "search", "get", "cancel", "spend")
    return MCPServer(
        "bgm-studio",
        title="BGM Studio",
        instructions=INSTRUCTIONS,
        version="1",
        log_level="WARNING",
        tools=[_strict(getattr(tools, name), kinds.get(name, READS)) for name in names],
    )


def _strict(function: Callable[..., Any], annotations: ToolAnnotations) -> Tool:
    """A tool that refuses arguments it does not have, and says so in its schema."""
    tool = Tool.from_function(function, annotations=annotations)
    arguments = tool.fn_metadata.arg_model
    arguments.model_config["extra"] = "forbid"
    arguments.model_rebuild(force=True)
    tool.parameters = arguments.model_json_schema(by_alias=True)
    return tool
