"""What a replay reads, compares and says."""
