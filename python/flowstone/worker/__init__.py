"""The worker: Python processes that run steps for the engine (docs/formats/worker-protocol.md)."""
