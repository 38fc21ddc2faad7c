"""Makes the PyTorch files that pth.test.ts reads, in ./golden. Run: /usr/bin/python3 test/weights/make_golden.py

PyTorch 1.13 wrote the committed files. The values are exact in every dtype, so that the test can state them.
"""

import argparse
import collections
import os
import pathlib
import pickle
import zipfile

import numpy
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


def torchvision_checkpoint(model):
    """The checkpoint that torchvision's references/segmentation/train.py saves after an epoch, with a warm-up and --amp."""
    args = argparse.Namespace(
        data_path="/datasets01/COCO/022719/", dataset="coco", model="fcn_resnet101", aux_loss=False, device="cuda",
        batch_size=8, epochs=30, lr=0.01, momentum=0.9, weight_decay=1e-4, output_dir=".", resume="", distributed=False,
        weights=None, amp=True,
    )  # fmt: skip
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    model(torch.ones(1, 1, 8, 8)).sum().backward()
    optimizer.step()
    schedulers = [
        torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.01, total_iters=2),
        torch.optim.lr_scheduler.PolynomialLR(optimizer, total_iters=8, power=0.9),
    ]
    schedule = torch.optim.lr_scheduler.SequentialLR(optimizer, schedulers, milestones=[2])
    return {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "lr_scheduler": schedule.state_dict(),
        "epoch": 0,
        "args": args,
        "scaler": {"scale": 65536.0, "growth_factor": 2.0, "backoff_factor": 0.5, "_growth_tracker": 0},
    }


class Config(dict):
    """Options in the form that many projects use."""


def training_scripts(model):
    """By the key of the weights: VainF's DeepLabV3Plus-Pytorch, averaged weights of torchvision, and others."""
    state = model.state_dict()
    averaged = torch.optim.swa_utils.AveragedModel(torch.nn.DataParallel(model)).state_dict()
    return {
        "model_state": {"cur_itrs": 10, "model_state": state, "scheduler_state": {"max_iters": 30000.0}, "best_score": 0.5},
        "net": {"net": state, "acc": 50.0, "epoch": 1},
        "weights": {"weights": state},
        "model_ema": {"model": {}, "model_ema": averaged},
        "ema": {"ema": averaged, "updates": 3},
    }


def plain_values():
    """Typical values next to weights in checkpoints."""
    counts = collections.defaultdict(list)
    counts["loss"].append(0.5)
    return {
        "config": Config(name="a", nested=Config(size=3)),
        "history": counts,
        "milestones": collections.Counter({3: 1}),
        "best": numpy.float64(0.75),
        "array": numpy.arange(3),
        "size": torch.Size([1, 2]),
        "device": torch.device("cuda", 0),
        "dtype": torch.float16,
        "path": pathlib.PurePosixPath("runs/1"),
        "names": {"a", "b"},
        "bytes": b"123",
        "random_state": torch.arange(4, dtype=torch.uint8),
        "long": 2**80,
    }


def integers():
    values = {
        "i32": torch.tensor([1, -(2**31)], dtype=torch.int32),
        "i16": torch.tensor([1, -(2**15)], dtype=torch.int16),
        "i8": torch.tensor([[1, 2], [-128, 4]], dtype=torch.int8).t(),
        "u8": torch.tensor([1, 255], dtype=torch.uint8),
        "bool": torch.tensor([True, False]),
    }
    return {**values, "f64": torch.tensor([[0.5, 1e-3], [1e300, -2.0]], dtype=torch.float64).t()}


def main():
    GOLDEN.mkdir(exist_ok=True)
    torch.save(tensors(), GOLDEN / "zip.pth")
    torch.save(tensors(), GOLDEN / "legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(tensors(), GOLDEN / "zip_protocol_4.pth", pickle_protocol=4)
    # A training script's checkpoint: a module's state dict (with its _metadata) and other values.
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    model(torch.ones(1, 1, 8, 8)).sum().backward()
    optimizer.step()
    checkpoint = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3, "note": None}
    torch.save(checkpoint, GOLDEN / "training.pth")
    torch.save(torchvision_checkpoint(network()), GOLDEN / "torchvision.pth")
    for key, checkpoint in training_scripts(network()).items():
        torch.save(checkpoint, GOLDEN / f"under_{key}.pth", _use_new_zipfile_serialization=False)
    for protocol in 2, 4:
        values = {"state_dict": network().state_dict(), **plain_values()}
        torch.save(values, GOLDEN / f"plain_values_{protocol}.pth", pickle_protocol=protocol)
    torch.save(integers(), GOLDEN / "integers.pth")
    torch.save({"weight": torch.ones(1), "extra": RunsACommand()}, GOLDEN / "malicious_zip.pth")
    torch.save(
        {"weight": torch.ones(1), "extra": RunsACommand()},
        GOLDEN / "malicious_legacy.pth",
        _use_new_zipfile_serialization=False,
    )
    torch.save(model, GOLDEN / "whole_module.pth")
    (GOLDEN / "plain.pkl").write_bytes(pickle.dumps({"weight": [1, 2, 3]}, protocol=2))
    recompress(GOLDEN / "zip.pth", GOLDEN / "compressed.pth")


def recompress(source, target):
    with zipfile.ZipFile(source) as stored, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as deflated:
        for name in stored.namelist():
            deflated.writestr(zipfile.ZipInfo(name), stored.read(name), zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    main()
