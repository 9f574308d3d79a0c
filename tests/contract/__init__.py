"""One suite a port or protocol, against everything that claims to speak it."""
