"""What was recorded, replayed: the same opportunities and messages, byte for byte."""
