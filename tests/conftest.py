"""Makes the library under scripts/ importable, as it is for the scripts themselves."""

import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # spinning threads cost a factor of ten on a shared machine
sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
