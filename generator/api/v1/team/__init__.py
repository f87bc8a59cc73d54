"""Working together over the API: projects, members and invitations, notifications, webhooks."""
