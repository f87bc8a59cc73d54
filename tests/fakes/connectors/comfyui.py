"""ComfyUI's server (server.py 002c3fb, comfy_execution/jobs.py 172be43): prompt, history, queue, jobs, view."""

import json
import uuid
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes import sounds
from tests.fakes.connectors.jobs import Job, Shop


class ComfyRoutes:
    """Mixed into a live handler whose fake has a `comfyui` shop; addresses begin with /comfyui/."""

    def comfyui(self, path: str) -> None:
        shop: Shop = self.fake.comfyui
        if shop.key and self.headers.get("authorization") != f"Bearer {shop.key}":
            return self.send_json(401, {"error": "unauthorized"})  # of the proxy before it
        if self.command == "POST" and path == "prompt":
            return self._comfy_submit(shop)
        if path.startswith("history/"):
            return self._comfy_history(shop, path.rpartition("/")[2])
        if path == "queue":
            return self._comfy_queue(shop)
        if path.startswith("api/jobs/") and path.endswith("/cancel"):
            return self._comfy_cancel(shop, path.split("/")[2])
        if path == "view":
            return self._comfy_file()
        return self.send_json(200, {"system": {}}) if path == "system_stats" else self.send_json(404, {})

    def _comfy_submit(self, shop: Shop) -> None:
        row = self.fake.take("submit")
        if row and not row.accept:
            self.misbehave(row)
        body = json.loads(self.body)
        workflow, name = body["prompt"], body.get("prompt_id", "")
        unknown = [node for node in workflow.values() if "class_type" not in node]
        if unknown or str(uuid.UUID(name)) != name:
            error = {"type": "invalid_prompt", "message": "Cannot execute", "details": "", "extra_info": {}}
            return self.send_json(400, {"error": error, "node_errors": {}})
        texts = [text for node in workflow.values() for text in node["inputs"].values() if isinstance(text, str)]
        job_id = name if self.fake.takes_our_id else str(uuid.uuid4())
        shop.accept(job_id, next(iter(texts), ""), body)
        answer = {"prompt_id": job_id, "number": len(shop.jobs), "node_errors": {}}
        if row:
            self.misbehave(row, json.dumps(answer).encode())
        self.misbehave(self.fake.take("answer"), json.dumps(answer).encode())
        return self.send_json(200, answer)

    def _comfy_history(self, shop: Shop, name: str) -> None:
        job = shop.look(name)
        answer: dict[str, Any] = {}
        if job and job.has_ended and not job.is_canceled:
            answer = {name: self._comfy_entry(job)}
        self.misbehave(self.fake.take("status"), json.dumps(answer).encode())
        return self.send_json(200, answer)

    def _comfy_entry(self, job: Job) -> dict[str, Any]:
        if job.state == "failed":
            error = ["execution_error", {"prompt_id": job.id, "exception_message": "CUDA out of memory"}]
            return {"outputs": {}, "status": {"status_str": "error", "completed": False, "messages": [error]}}
        files = (
            [] if job.state == "nothing" else [{"filename": f"{job.id} 1.mp3", "subfolder": "a&b", "type": "output"}]
        )
        messages = [["execution_start", {"timestamp": 1000}], ["execution_success", {"timestamp": 4000}]]
        status = {"status_str": "success", "completed": True, "messages": messages}
        return {"outputs": {"9": {"audio": files}}, "status": status}

    def _comfy_queue(self, shop: Shop) -> None:
        if self.command == "POST":
            for name in json.loads(self.body).get("delete", []):
                if (job := shop.job(name)) and job.state == "waiting":
                    job.is_canceled = True
            return self.send_json(200, {})
        numbered = list(enumerate(shop.jobs))
        running = [[number, job.id] for number, job in numbered if job.state == "running"]
        pending = [[number, job.id] for number, job in numbered if job.state == "waiting"]
        answer = {"queue_running": running, "queue_pending": pending[::-1]}  # a heap, in no order that means anything
        self.misbehave(self.fake.take("queue"), json.dumps(answer).encode())
        return self.send_json(200, answer)

    def _comfy_cancel(self, shop: Shop, name: str) -> None:
        if not self.fake.has_jobs:
            return self.send_json(404, {})
        job = shop.job(name)
        is_canceled = bool(job and not job.has_ended)
        if job and is_canceled:
            job.is_canceled = True
        return self.send_json(200, {"cancelled": is_canceled})

    def _comfy_file(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        if query.get("type") != ["output"] or query.get("subfolder") != ["a&b"]:
            return self.send_json(404, {})
        body, kind = sounds.file(query["filename"][0])
        self.misbehave(self.fake.take("file"), body)
        return self.send_bytes(200, body, kind)
