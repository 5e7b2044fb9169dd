"""What the speed claims of the documentation are measured with: ``uv run python -m benchmarks``."""
