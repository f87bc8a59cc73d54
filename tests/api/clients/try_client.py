"""A program that uses the client from openapi-python-client: python try_client.py URL KEY FILE."""

import json
import sys
from io import BytesIO
from pathlib import Path

from made_client import AuthenticatedClient
from made_client.api.catalog import get_me, list_models
from made_client.api.generations import create_generation, get_generation
from made_client.api.library import download_track, get_track, get_track_audio, list_tracks
from made_client.api.references import create_reference, get_reference
from made_client.models import CreateReferenceMultiPartBodyParams, GenerationIn, ProblemOut
from made_client.types import File

url, key, sound = sys.argv[1:]
client = AuthenticatedClient(base_url=url, token=key, raise_on_unexpected_status=True)
found = {"models": [model.id for model in list_models.sync(client=client).items]}
ask = GenerationIn.from_dict({"model": "composer/studio", "text": "warm lo-fi, 5 s", "takes": 1, "format": "mp3"})
made = create_generation.sync(client=client, body=ask, idempotency_key="python", prefer="wait=60")
again = create_generation.sync_detailed(client=client, body=ask, idempotency_key="python")
found |= {"again": again.parsed.id == made.id, "location": again.headers["location"], "status": int(again.status_code)}
while not made.ended:
    made = get_generation.sync(made.id, client=client, prefer="wait=60")
track = made.tracks[0]
reply = get_track.sync_detailed(track.id, client=client)
found |= {"state": made.state.value if hasattr(made.state, "value") else made.state, "title": reply.parsed.title}
same = get_track.sync_detailed(track.id, client=client, if_none_match=reply.headers["etag"])
found["known"] = int(same.status_code)
found["size"] = len(get_track_audio.sync(track.id, client=client).payload.read())
rendition = download_track.sync_detailed(track.id, client=client, format_="wav")
found["rendition"] = int(rendition.status_code)
listed = list_tracks.sync(client=client, q="lo-fi", limit=5)
found["listed"] = track.id in [one.id for one in listed.items]
body = CreateReferenceMultiPartBodyParams(
    file=File(payload=BytesIO(Path(sound).read_bytes()), file_name="theme.mp3", mime_type="audio/mpeg"), start_s=1.0
)
reference = create_reference.sync(client=client, body=body)
found["reference"] = get_reference.sync(reference.id, client=client).title
wrong = create_generation.sync(client=client, body=GenerationIn.from_dict({"model": "no/such", "text": "x"}))
found["refused"] = [type(wrong).__name__, wrong.code] if isinstance(wrong, ProblemOut) else None
stranger = get_me.sync_detailed(client=AuthenticatedClient(base_url=url, token="bgm_wrong"))
found["stranger"] = [int(stranger.status_code), stranger.parsed.code]
print(json.dumps(found))
