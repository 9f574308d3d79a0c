"""The HTTPS API: authenticate, call one use case, answer in one envelope."""
