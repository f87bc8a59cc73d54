"""The tools beside the studio reach it under a host name that it accepts, whatever the settings."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("hosts", "public"),
    [
        (["studio.example.com"], ""),
        ([".example.com"], ""),
        (["*"], ""),
        (["[::1]"], ""),
        (["localhost"], "https://studio.example.com:8443"),  # a proxy that rewrites the host
        (["studio.example.com"], "https://studio.example.com:8443"),
    ],
)
def test_the_studio_answers_its_own_tools(settings, hosts, public):
    from mcp.server.mcpserver.exceptions import ToolError  # slow to import, needed only here

    from generator.management.agents.client import Studio

    settings.ALLOWED_HOSTS, settings.STUDIO_URL = hosts, public
    with pytest.raises(ToolError) as raised:
        Studio("", "bgm_nobody").ask("GET", "models")
    assert "not a studio" not in str(raised.value), "it was turned away before the key was looked at"
