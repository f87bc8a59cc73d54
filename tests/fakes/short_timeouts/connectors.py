"""The shipped connectors with short timeouts; ComfyUI with a workflow."""

from generator.providers.connectors import Connector
from tests.fakes.connectors.texts import text_of
from tests.fakes.connectors.vendors import NAMES
from tests.fakes.short_timeouts import with_short_timeouts


def providers() -> list[Connector]:
    return [with_short_timeouts(Connector(text_of(name)), name.upper()) for name in NAMES]
