"""The commands with a line each, so that ``--help`` imports none of them."""

COMMANDS = {
    "plan": "Show what `run` would do, what it costs and how long it takes.",
    "run": "Run a suite: do what is missing, then show and write tables.",
    "status": "Show how far a run is, which units run, failed or are damaged.",
    "logs": "Show state, failure and log of units.",
    "leaderboard": "Build the tables of a run again from its records.",
    "report": "Write page, tables and pictures of a run.",
    "publish": "Write the board of a run.",
    "board": "Write a site over all boards.",
    "merge": "Put runs of one suite together.",
    "submit": "Pack what a run has beyond its board.",
    "verify": "Check a submission against its board.",
    "accept": "Verify a submission and take it into a board.",
    "export": "Write the table of a run, or its curves for TensorBoard.",
    "replay": "Search a table on balanced data and on the target itself.",
    "list": "List what can be named: datasets, strategies, suites and more.",
    "show": "Show one of them: options, defaults, source, counts.",
    "train": "Train one network from scratch and test it once.",
    "correlate": "Compare two rankings in a CSV file.",
    "fidelity": "Judge what fidelities cost and what they tell.",
}
"""In the order of a user's journey."""
