"""The Bot API client."""
