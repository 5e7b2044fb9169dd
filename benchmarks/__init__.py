"""What the speed claims of the documentation are measured with: ``uv run python -m benchmarks``.

Everything runs on one thread but where a table says otherwise.
"""

import os

# Before numpy is imported, whose matrix products would take all cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")
