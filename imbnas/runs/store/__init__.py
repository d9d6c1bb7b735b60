"""What lies in a run directory: records, weights, failures, checkpoints, logs."""
