"""Making music over the API: models and prices, generations and their events, references."""
