"""Pictures of a run's tables; each module draws one from tables alone."""
