"""PyTorch's own launcher of processes, for every pair of PyTorch and Python.

Older releases look only every five seconds whether their processes have ended.
Where PyTorch 1 runs on Python 3.11, which lists no zero among the members of a
flag, the launcher misreads its own default "0" (redirect nothing) as None.
"""

from __future__ import annotations

import sys
from typing import Any

from torch.distributed.elastic.multiprocessing import Std
from torch.distributed.run import main


def mend() -> None:
    """Read "0" as what it means."""
    read = Std.from_str

    def from_str(text: str) -> Any:
        return Std.NONE if text == "0" else read(text)

    Std.from_str = staticmethod(from_str)


if __name__ == "__main__":
    sys.argv.insert(1, "--monitor_interval=0.2")  # one that the caller gives comes later and wins
    if Std.from_str("0") is None:
        mend()
    main()
