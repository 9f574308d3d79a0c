"""The lake: gzip NDJSON objects in R2, and a Pipelines stream where one is configured. Both carry the same records."""
