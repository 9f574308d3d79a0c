"""One folder an exchange, each with the same three names: wire, client, rules."""
