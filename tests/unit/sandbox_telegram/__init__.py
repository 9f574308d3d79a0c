"""The Bot API stand-in, part by part."""
