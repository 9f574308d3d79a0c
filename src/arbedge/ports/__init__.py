"""What the application needs from the outside, in the application's own words."""
