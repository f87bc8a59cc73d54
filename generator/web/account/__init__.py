"""Account pages: sign-in and sign-up, profile, second factor."""
