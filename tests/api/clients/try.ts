// What a program does with the types that openapi-typescript made of the document: node try.js URL KEY FILE
import { readFileSync } from "node:fs";
import createClient from "openapi-fetch";
import type { components, paths } from "./v1.js";

const [url, key, sound] = process.argv.slice(2) as [string, string, string];
const signed = (token: string) => createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${token}` } });
const client = signed(key);

function good<T>(reply: { data?: T; error?: unknown }): T {
  if (reply.data === undefined) throw new Error(JSON.stringify(reply.error));
  return reply.data;
}

const models = good(await client.GET("/api/v1/models")).items.map((model) => model.id);
const body = { model: "composer/studio", text: "warm lo-fi, 5 s", takes: 1, format: "mp3" };
const header = { "Idempotency-Key": "typescript", Prefer: "wait=60" };
const asked = await client.POST("/api/v1/generations", { body, params: { header } });
let made: components["schemas"]["GenerationOut"] = good(asked);
const location = asked.response.headers.get("location");
while (!made.ended) {
  const path = { generation_id: made.id };
  made = good(await client.GET("/api/v1/generations/{generation_id}", { params: { path, header: { Prefer: "wait=60" } } }));
}
const track = made.tracks[0]!;
const path = { track_id: track.id };
const read = await client.GET("/api/v1/tracks/{track_id}", { params: { path } });
const tag = read.response.headers.get("etag")!;
const known = await client.GET("/api/v1/tracks/{track_id}", { params: { path, header: { "If-None-Match": tag } } });
const late = await client.PATCH("/api/v1/tracks/{track_id}", {
  params: { path, header: { "If-Match": '"of yesterday"' } },
  body: { title: "Too late" },
});
const audio = await client.GET("/api/v1/tracks/{track_id}/audio", { params: { path }, parseAs: "arrayBuffer" });
const form = { file: "", start_s: 1, project: "", model: "", field: "" };
const reference = good(
  await client.POST("/api/v1/references", {
    body: form,
    bodySerializer: () => {
      const sent = new FormData();
      sent.set("file", new Blob([readFileSync(sound)], { type: "audio/mpeg" }), "theme.mp3");
      sent.set("start_s", "1");
      return sent;
    },
  }),
);
const wrong = await client.POST("/api/v1/generations", { body: { model: "no/such", text: "x" } });
const unknown = await client.GET("/api/v1/me", { params: { query: { no_such: 1 } as never } });
const stranger = await signed("bgm_wrong").GET("/api/v1/me");
console.log(
  JSON.stringify({
    models,
    state: made.state,
    title: good(read).title,
    location,
    known: known.response.status,
    late: late.error?.code,
    size: (audio.data as unknown as ArrayBuffer).byteLength,
    reference: reference.title,
    refused: wrong.error?.code,
    unknown: unknown.error?.field,
    stranger: [stranger.response.status, stranger.error?.code],
  }),
);
