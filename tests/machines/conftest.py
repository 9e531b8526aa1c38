"""What other tests know of sweeps and of runs."""

from __future__ import annotations

import sys
from pathlib import Path

for folder in ("sweep", "properties"):
    sys.path.append(str(Path(__file__).resolve().parents[1] / folder))
