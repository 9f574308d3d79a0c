"""What the twins do beyond the binding contract: virtual time, staleness, faults and chaos."""
