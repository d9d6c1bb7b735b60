"""Run directories: who does which unit, and where what it leaves is kept."""
