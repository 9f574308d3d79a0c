"""The scan loop driven by its own alarms, through storms and outages."""
