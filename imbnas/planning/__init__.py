"""Plans: what a run would do, spend and take on this machine, before anything runs."""
