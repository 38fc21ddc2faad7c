"""What the scripts that write golden files share.

Each line of a file is one case: { op, name, given, expected }. `given` is the argument of the reference function; arrays are
{ shape, data } in NHWC (weights OIHW), and a { "float64": [...] } becomes a Float64Array.
Inputs have three decimals, which keeps the files small; NaN and the infinities are strings.
"""

import json
import math
from pathlib import Path

import torch


def random(*shape):
    return torch.round(torch.rand(*shape, dtype=torch.float64) * 4 - 2, decimals=3)


def planted(value, *shape):
    """Random, with one special value in the middle of the last map's last channel. NCHW, as everything in these scripts."""
    array = random(*shape)
    array[-1, -1, shape[2] // 2, shape[3] // 2] = value
    return array


def numbers(tensor):
    values = tensor.flatten().tolist()
    return {"float64": [v if math.isfinite(v) else str(v).replace("inf", "Infinity").replace("nan", "NaN") for v in values]}


def array(tensor):
    return {"shape": list(tensor.shape), "data": numbers(tensor)}


def nhwc(tensor):
    return array(tensor.permute(0, 2, 3, 1))


class GoldenFile:
    def __init__(self, name):
        self.path = Path(__file__).parent / name
        self.cases = []

    def record(self, op, name, given, **expected):
        self.cases.append({"op": op, "name": name, "given": given, "expected": expected})

    def write(self):
        self.path.write_text("".join(json.dumps(case, separators=(",", ":")) + "\n" for case in self.cases))
