"""Makes the PyTorch files that pth.test.ts reads, in ./golden. Run: /usr/bin/python3 test/weights/make_golden.py

PyTorch 1.13 wrote the committed ones. Values are chosen to be exact in every dtype, so that the test states them anew.
"""

import collections
import os
import pathlib
import pickle
import zipfile

import torch

GOLDEN = pathlib.Path(__file__).parent / "golden"


def tensors():
    counting = torch.arange(24, dtype=torch.float32)
    matrix = counting.reshape(4, 6)
    return collections.OrderedDict(
        {
            "f32": counting.reshape(2, 3, 4) / 8,
            "f16": torch.tensor([1.0, -2.5, 65504.0, 2.0**-24, float("inf"), float("nan")]).half(),
            "bf16": torch.tensor([1.0, -2.5, 2.0**100, float("-inf"), float("nan")]).bfloat16(),
            "i64": torch.tensor([[1, -2], [2**40, -(2**62)]]),
            "scalar": torch.tensor(7),
            "empty": torch.zeros(0, 3),
            "transposed": matrix.t(),
            "every_second_column": matrix[:, 1::2],
            "row_of_shared": matrix[2],
            "expanded": counting[5:6].expand(3),
            "transposed_half": matrix.half().t(),
            "parameter": torch.nn.Parameter(torch.tensor([0.5, 0.25])),
        }
    )


class RunsACommand:
    def __reduce__(self):
        return os.system, ("touch THE_MALICIOUS_CHECKPOINT_RAN",)


def network():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2))


def main():
    GOLDEN.mkdir(exist_ok=True)
    torch.save(tensors(), GOLDEN / "zip.pth")
    torch.save(tensors(), GOLDEN / "legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(tensors(), GOLDEN / "zip_protocol_4.pth", pickle_protocol=4)
    # A training script's checkpoint: a module's own state dict (with its _metadata) beside other things.
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    model(torch.ones(1, 1, 8, 8)).sum().backward()
    optimizer.step()
    checkpoint = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3, "note": None}
    torch.save(checkpoint, GOLDEN / "training.pth")
    torch.save({"weight": torch.ones(1), "extra": RunsACommand()}, GOLDEN / "malicious_zip.pth")
    torch.save(
        {"weight": torch.ones(1), "extra": RunsACommand()},
        GOLDEN / "malicious_legacy.pth",
        _use_new_zipfile_serialization=False,
    )
    torch.save(model, GOLDEN / "whole_module.pth")
    torch.save({"weight": torch.ones(2, dtype=torch.float64)}, GOLDEN / "float64.pth")
    (GOLDEN / "plain.pkl").write_bytes(pickle.dumps({"weight": [1, 2, 3]}, protocol=2))
    recompress(GOLDEN / "zip.pth", GOLDEN / "compressed.pth")


def recompress(source, target):
    with zipfile.ZipFile(source) as stored, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as deflated:
        for name in stored.namelist():
            deflated.writestr(zipfile.ZipInfo(name), stored.read(name), zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    main()
