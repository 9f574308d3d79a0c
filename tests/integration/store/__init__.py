"""The repositories on real SQL, with the faults the platform has."""
