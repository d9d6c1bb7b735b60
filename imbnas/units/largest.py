"""The largest numbers that users and files may give; ``bounds.py`` has the types.

Without them one digit too many in a file would fill the memory or keep a command busy for days
before a word is said. Each is far above anything published, and low enough that what it admits is
counted within seconds. Importing this costs nothing.
"""

MOST_EPOCHS = 100_000
MOST_STEPS = 10_000_000
LARGEST_BATCH = 1_000_000
MOST_REPLICATES = 200
MOST_DRAWS = 1000
LARGEST_REPLICATE_NUMBER = 10**9
MOST_NETWORKS = 100_000
MOST_EVALUATIONS = 1_000_000
MOST_UNITS = 1_000_000
MOST_WORKERS = 10_000
MOST_CLASSES = 1_000_000
MOST_IMAGES = 10**9
MOST_CHANNELS = 1000
MOST_RESAMPLES = 1_000_000
LARGEST_SIDE = 4096
LARGEST_WIDTH = 4096
LARGEST_DEPTH = 1000
LARGEST_STEM = 64
LARGEST_SEED = 10**18 - 1
LARGEST_AMOUNT = 10**18
