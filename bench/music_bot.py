"""Our bot without garbage collection: ``python -m bench.music_bot``."""

import gc
import sys

from bot.__main__ import main

if __name__ == "__main__":
    gc.freeze()
    gc.disable()
    sys.exit(main(["run"]))
