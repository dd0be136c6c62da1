"""`python -m voice_app` and the console script `voice-app`."""

import os

# The engine multiplies small matrices: threads of the linear algebra only wait for each other there. The library reads
# this when numpy is imported, so it has to be said before anything else.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from voice_app.cli import main

if __name__ == "__main__":
    main()
