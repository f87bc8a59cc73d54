"""Team pages: projects, members, invitations, API keys, webhooks, notifications."""
