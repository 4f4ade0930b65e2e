"""Run a script with a PyTorch that says what PRETEND (JSON) has: pretend.py SCRIPT ARGUMENTS."""

import json
import os
import runpy
import sys
from pathlib import Path

import torch

said = json.loads(os.environ["PRETEND"])
torch.version.cuda = said["cuda"]
torch.cuda.is_available = lambda: said["available"]
torch.cuda.get_device_capability = lambda: tuple(said["capability"])
torch.cuda.mem_get_info = lambda: (int(said["free"]), int(said["total"]))
torch._C._cuda_getArchFlags = lambda: said.get("architectures", "")

del sys.argv[0]
sys.path[0] = str(Path(sys.argv[0]).resolve().parent)
runpy.run_path(sys.argv[0], run_name="__main__")
