"""The ports on Cloudflare's bindings; the same code runs on the Worker's bindings and on their twins in tests."""
