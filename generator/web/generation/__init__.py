"""Generation pages: the create form, running generations, references, comparisons, provider webhooks."""
