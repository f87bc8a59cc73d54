"""A live receiver of webhooks: keeps what comes, and misbehaves on command (`trouble("hook", …)`, tests.fakes.live)."""

from tests.fakes.live import LiveHandler, Troubled


class _Handler(LiveHandler):
    def route(self) -> None:
        self.misbehave(self.fake.take("hook"), b'{"ok": true}')
        self.send_json(200, {"ok": True})


class Receiver(Troubled):
    """`with Receiver() as receiver: receiver.url, receiver.seen`."""

    handler = _Handler
