"""Tools for AI agents over the Model Context Protocol (docs/mcp.md): a thin client of the studio's own API.

agent ──stdio or HTTP──► tools.py ──► client.py ──HTTP──► /api/v1 of a studio elsewhere
                                               └─WSGI──► /api/v1 in this process
"""
