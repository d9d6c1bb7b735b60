"""Pictures of a run's tables; each module draws one from tables alone."""

from imbnas.leaderboards.plots.settings import import_matplotlib

# Before any module of the package does, which would take a user's settings over.
import_matplotlib()
