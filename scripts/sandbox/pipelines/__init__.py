"""The Pipelines stand-in: one stream's HTTPS ingest endpoint, as strict as the original."""

from scripts.sandbox.pipelines.app import PipelinesSandbox, build_pipelines

__all__ = ["PipelinesSandbox", "build_pipelines"]
