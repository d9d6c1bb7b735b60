"""Isolation: functions that run in processes of their own, whose state ends with them."""
