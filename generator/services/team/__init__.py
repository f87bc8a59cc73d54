"""People and projects: members, roles, invitations, notifications, mail, API keys, and offboarding."""
