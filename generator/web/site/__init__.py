"""Code that every page needs: ASGI server, middleware, error pages, htmx helpers, sessions, page layout context."""
