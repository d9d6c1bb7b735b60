"""What charts, pictures and the headline show, chosen from finished tables."""
