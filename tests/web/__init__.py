"""Pages in a real headless browser."""
