"""The market that the exchange stand-ins serve: one price process, six boards of instruments, synthetic or recorded."""
