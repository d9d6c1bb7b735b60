"""What a fidelity costs, repeats, and has to do with a table of others: ``docs/fidelity.md``."""
