"""The only place, beside `entry.py`, that touches the Worker's own runtime."""
