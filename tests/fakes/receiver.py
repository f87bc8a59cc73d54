"""A live receiver of webhooks: keeps what it gets, and fails on command (`trouble("hook", …)`, `tests.fakes`)."""

from tests.fakes.failing_server import LiveHandler, Troubled


class _Handler(LiveHandler):
    def route(self) -> None:
        self.misbehave(self.fake.take("hook"), b'{"ok": true}')
        self.send_json(200, {"ok": True})


class Receiver(Troubled):
    """`with Receiver() as receiver: receiver.url, receiver.seen`."""

    handler = _Handler
