"""Runware's one address (runware.ai/docs; Python client 0.5.24): arrays of tasks under UUIDs of the caller's."""

import json
import uuid
from typing import Any

from tests.fakes.connectors.jobs import Job, Shop


class RunwareRoutes:
    """Mixed into a live handler whose fake has a `runware` shop; the address is /runware."""

    def runware(self) -> None:
        shop: Shop = self.fake.runware
        if self.headers.get("authorization") != f"Bearer {shop.key}":
            return self._runware_error(401, "invalidApiKey", "Invalid API key.", "authentication")
        (task,) = json.loads(self.body)
        calls = {
            "audioInference": self._runware_submit,
            "getResponse": self._runware_response,
            "getTaskDetails": self._runware_details,
        }
        return calls[task["taskType"]](shop, task)

    def _runware_error(self, status: int, code: str, message: str, kind: str, **more: Any) -> None:
        self.send_json(status, {"errors": [{"code": code, "message": message, "taskType": kind, **more}]})

    def _runware_submit(self, shop: Shop, task: dict[str, Any]) -> None:
        row = self.fake.take("submit")
        if row and not row.accept:
            self.misbehave(row)
        name, kind = task.get("taskUUID", ""), "audioInference"
        if uuid.UUID(name).version != 4 or not task.get("positivePrompt"):
            return self._runware_error(400, "invalidParameter", "Missing positivePrompt.", kind, taskUUID=name)
        if shop.job(name):
            return self._runware_error(400, "conflictTaskUUID", "This task exists.", kind, taskUUID=name)
        shop.accept(name, task["positivePrompt"], task, task["outputFormat"].lower())
        answer = {"data": [{"taskType": kind, "taskUUID": name}]}
        if row:
            self.misbehave(row, json.dumps(answer).encode())
        self.misbehave(self.fake.take("answer"), json.dumps(answer).encode())
        return self.send_json(200, answer)

    def _runware_response(self, shop: Shop, task: dict[str, Any]) -> None:
        job = shop.look(task["taskUUID"])
        if job is None:
            return self._runware_error(
                400, "invalidTaskUUID", "No such task.", "getResponse", taskUUID=task["taskUUID"]
            )
        answer = self._runware_state(job)
        self.misbehave(self.fake.take("status"), json.dumps(answer).encode())
        return self.send_json(200, answer)

    def _runware_state(self, job: Job) -> dict[str, Any]:
        about: dict[str, Any] = {"taskType": "audioInference", "taskUUID": job.id}
        if job.state == "failed":
            return {"errors": [about | {"status": "error", "code": "timeoutProvider", "message": "It took too long."}]}
        if not job.has_ended:
            return {"data": [about | {"status": "processing"}]}
        host = self.fake.file_host or self.fake.url
        file = {} if job.state == "nothing" else {"audioURL": f"{host}/files/{job.id}.{job.format}"}
        return {"data": [about | {"status": "success", "audioUUID": job.id, "seed": 7, "cost": 0.15} | file]}

    def _runware_details(self, shop: Shop, task: dict[str, Any]) -> None:
        job = shop.job(task["taskUUID"])
        self.misbehave(self.fake.take("details"))
        if job is None:
            return self._runware_error(
                400, "invalidTaskUUID", "No such task.", "getTaskDetails", taskUUID=task["taskUUID"]
            )
        details = {"taskType": "getTaskDetails", "taskUUID": job.id, "request": job.body, "response": {}}
        return self.send_json(200, {"data": [details]})
