"""girth through the calibration: two parameters by marginal maximum likelihood, dense data (items x people)."""

from __future__ import annotations

import json
import sys
import time

import numpy as np
from girth import twopl_mml

people, items = int(sys.argv[1]), int(sys.argv[2])
rng = np.random.default_rng(3)
theta, a, b = rng.normal(0, 1, people), rng.lognormal(0, 0.3, items), rng.normal(0, 1, items)
right = (rng.random((items, people)) < 1 / (1 + np.exp(-a[:, None] * (theta - b[:, None])))).astype(int)
begin = time.perf_counter()
fitted = twopl_mml(right)
spent = time.perf_counter() - begin
away = fitted["Difficulty"] - b
print(
    json.dumps(
        {
            "seconds": spent,
            "r_b": float(np.corrcoef(fitted["Difficulty"], b)[0, 1]),
            "rmse_b": float(np.sqrt((away**2).mean())),
        }
    )
)
