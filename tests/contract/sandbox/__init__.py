"""The sandbox exchanges over HTTP, held against the exchanges' own shapes and rules."""
