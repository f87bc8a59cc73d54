"""fal's queue (docs.fal.ai; Python client 1.0.3): submit, status, result, cancel; paths of models are shortened."""

import json
import uuid

from tests.fakes.connectors.jobs import Job, Shop


class FalRoutes:
    """Mixed into a live handler whose fake has a `fal` shop; addresses begin with /fal/."""

    def fal(self, path: str) -> None:
        shop: Shop = self.fake.fal
        if self.headers.get("authorization") != f"Key {shop.key}":
            return self.send_json(401, {"detail": "Authentication is required to access this application."})
        model, _, rest = path.partition("/requests/")
        if not rest:
            return self._fal_submit(shop, model)
        name, _, call = rest.partition("/")
        if self.command == "PUT" and call == "cancel":
            return self._fal_cancel(shop, name)
        job = shop.look(name) if call == "status" else shop.job(name)
        if job is None or model.count("/") != 1:
            return self.send_json(404, {"detail": "Not Found"})
        return self._fal_status(shop, job) if call == "status" else self._fal_result(job)

    def _fal_submit(self, shop: Shop, model: str) -> None:
        row = self.fake.take("submit")
        if row and not row.accept:
            self.misbehave(row)
        body = json.loads(self.body)
        if not isinstance(body.get("prompt"), str):
            missing = {"loc": ["body", "prompt"], "msg": "field required", "type": "missing"}
            return self.send_json(422, {"detail": [missing]})
        position = len(shop.waiting())
        job = shop.accept(str(uuid.uuid4()), body["prompt"], body)
        app = "/".join(model.split("/")[:2])
        address = f"{self.fake.url}/fal/{app}/requests/{job.id}"
        answer = {
            "request_id": job.id,
            "response_url": address,
            "status_url": f"{address}/status",
            "cancel_url": f"{address}/cancel",
            "queue_position": position,
        }
        if row:
            self.misbehave(row, json.dumps(answer).encode())
        self.misbehave(self.fake.take("answer"), json.dumps(answer).encode())
        self.send_json(200, answer)

    def _fal_status(self, shop: Shop, job: Job) -> None:
        answer = {"request_id": job.id, "logs": None}
        if job.state == "waiting":
            answer |= {"status": "IN_QUEUE", "queue_position": shop.waiting().index(job)}
        elif job.state == "running":
            answer |= {"status": "IN_PROGRESS"}
        else:
            answer |= {"status": "COMPLETED", "metrics": {"inference_time": 3.2}}
            if job.is_canceled:
                answer |= {"error": "Request was cancelled", "error_type": "request_cancelled"}
        self.misbehave(self.fake.take("status"), json.dumps(answer).encode())
        self.send_json(200, answer)

    def _fal_result(self, job: Job) -> None:
        if job.state == "failed":
            detail = [{"loc": ["body", "prompt"], "msg": "content policy", "type": "content_policy_violation"}]
            return self.send_json(422, {"detail": detail})
        answer = {} if job.state == "nothing" else {"audio": self._fal_file(job)}
        self.misbehave(self.fake.take("result"), json.dumps(answer).encode())
        self.send_json(200, answer)

    def _fal_file(self, job: Job) -> dict[str, object]:
        host = self.fake.file_host or self.fake.url
        return {"url": f"{host}/files/{job.id}.mp3", "content_type": "audio/mpeg", "file_name": "output.mp3"}

    def _fal_cancel(self, shop: Shop, name: str) -> None:
        job = shop.job(name)
        self.misbehave(self.fake.take("cancel"))
        if job is None:
            return self.send_json(404, {"status": "NOT_FOUND"})
        if job.has_ended:
            return self.send_json(400, {"status": "ALREADY_COMPLETED"})
        job.is_canceled = True
        return self.send_json(202, {"status": "CANCELLATION_REQUESTED"})
