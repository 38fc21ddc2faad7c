#!/usr/bin/env python3
"""Writes golden.jsonl: what PyTorch makes, in float64, of tiny inputs, to check the plain loops of this folder against.

Run with Debian's python3-torch (1.13): python3 make_golden.py
"""

import math

import torch
import torch.nn.functional as F

from golden import GoldenFile, array, nhwc, numbers, planted, random

torch.manual_seed(1)
golden = GoldenFile("golden.jsonl")
record = golden.record

ACTIVATIONS = {"none": lambda x: x, "relu": F.relu, "relu6": F.relu6}


def sides(padding):
    """An int, or (top, bottom, left, right)."""
    return (padding,) * 4 if isinstance(padding, int) else padding


def pad(x, padding, value=0.0):
    top, bottom, left, right = sides(padding)
    return F.pad(x, (left, right, top, bottom), value=value)


def padding_of(padding):
    return dict(zip(("top", "bottom", "left", "right"), sides(padding)))


# --- convolutions


def conv2d(name, x, kernel, out=4, stride=1, dilation=1, padding=0, bias="channel", residual=False, activation="none", depthwise=False):
    n, c = x.shape[:2]
    weight = random(c, 1, *kernel) if depthwise else random(out, c, *kernel)
    given = {"input": nhwc(x), "weight": array(weight), "stride": stride, "dilation": dilation}
    given |= {"padding": padding_of(padding), "activation": activation}
    y = F.conv2d(pad(x, padding), weight, stride=stride, dilation=dilation, groups=c if depthwise else 1)
    if bias == "channel":
        b = random(weight.shape[0])
        given["bias"] = numbers(b)
        y = y + b.reshape(1, -1, 1, 1)
    if bias == "image":
        b = random(n, out)
        given["imageBias"] = numbers(b)
        y = y + b.reshape(n, out, 1, 1)
    if residual:
        r = random(*y.shape)
        given["residual"] = nhwc(r)
        y = y + r
    record("depthwise_conv2d" if depthwise else "conv2d", name, given, output=nhwc(ACTIVATIONS[activation](y)))


conv2d("1x1", random(1, 3, 2, 3), (1, 1))
conv2d("1x1 stride 2, batch 3", random(3, 2, 4, 5), (1, 1), stride=2, bias="none")
conv2d("3x3, batch 2, relu", random(2, 3, 5, 4), (3, 3), padding=1, activation="relu")
conv2d("3x3 stride 2, even map", random(1, 2, 6, 4), (3, 3), stride=2, padding=1)
conv2d("3x3 stride 2, SAME on an even map", random(1, 2, 6, 4), (3, 3), stride=2, padding=(0, 1, 0, 1), activation="relu6")
conv2d("3x3 dilation 2, stride 2", random(1, 2, 7, 5), (3, 3), stride=2, dilation=2, padding=2)
conv2d("3x3 dilation 6 on 4x3: only the centre tap", random(1, 3, 4, 3), (3, 3), dilation=6, padding=6)
conv2d("3x3 dilation 3 on 4x4: the edges see other taps", random(1, 2, 4, 4), (3, 3), dilation=3, padding=3)
conv2d("7x7 stride 2", random(1, 2, 7, 6), (7, 7), out=2, stride=2, padding=3)
conv2d("5x3, four different paddings", random(1, 2, 5, 4), (5, 3), padding=(0, 3, 1, 2))
conv2d("padding wider than the kernel", random(1, 1, 2, 2), (3, 3), out=2, padding=4)
conv2d("residual, relu", random(2, 3, 3, 4), (3, 3), padding=1, residual=True, activation="relu")
conv2d("bias per image, batch 3", random(3, 3, 2, 2), (1, 1), bias="image", residual=True)
conv2d("NaN, relu", planted(math.nan, 1, 2, 5, 4), (3, 3), padding=1, activation="relu")
conv2d("Inf, relu6", planted(math.inf, 1, 2, 5, 4), (3, 3), padding=1, activation="relu6")
conv2d("3x3, batch 2", random(2, 5, 4, 3), (3, 3), padding=1, depthwise=True)
conv2d("3x3 stride 2, SAME on an even map, relu6", random(1, 3, 4, 6), (3, 3), stride=2, padding=(0, 1, 0, 1), activation="relu6", depthwise=True)
conv2d("3x3 dilation 2, residual", random(1, 3, 5, 4), (3, 3), dilation=2, padding=2, residual=True, depthwise=True)
conv2d("5x3, no bias", random(1, 2, 5, 4), (5, 3), padding=(0, 3, 1, 2), bias="none", depthwise=True)
conv2d("-Inf, relu", planted(-math.inf, 1, 2, 5, 4), (3, 3), padding=1, activation="relu", depthwise=True)

# --- batch norm


def statistics(c, epsilon):
    gamma, beta, mean, variance = random(c), random(c), random(c), random(c).abs() + 0.1
    given = {"gamma": numbers(gamma), "beta": numbers(beta), "mean": numbers(mean), "variance": numbers(variance), "epsilon": epsilon}
    return given, lambda x: F.batch_norm(x, mean, variance, gamma, beta, training=False, eps=epsilon)


def batch_norm(name, x, epsilon=1e-5, activation="none"):
    given, norm = statistics(x.shape[1], epsilon)
    record("batch_norm", name, {"input": nhwc(x), "activation": activation} | given, output=nhwc(ACTIVATIONS[activation](norm(x))))


batch_norm("batch 2", random(2, 5, 3, 2))
batch_norm("epsilon 1e-3, relu6", random(1, 3, 4, 4), epsilon=1e-3, activation="relu6")
batch_norm("NaN, relu", planted(math.nan, 1, 2, 3, 3), activation="relu")


def fold_batch_norm(name, depthwise, bias):
    """The folded convolution is read off the original one and its batch norm: its bias is the answer to a zero image,
    its weights the answers to images of one 1, less that bias."""
    o, i, kh, kw = (4, 1, 3, 2) if depthwise else (4, 3, 3, 2)
    groups = o if depthwise else 1
    weight, b = random(o, i, kh, kw), random(o) if bias else None
    given, norm = statistics(o, 1e-3)
    layer = lambda x: norm(F.conv2d(x, weight, b, groups=groups)).flatten()
    folded_bias = layer(torch.zeros(1, i * groups, kh, kw, dtype=torch.float64))
    folded = torch.zeros_like(weight)
    for channel in range(i):
        for y in range(kh):
            for x in range(kw):
                image = torch.zeros(1, i * groups, kh, kw, dtype=torch.float64)
                image[0, slice(None) if depthwise else channel, y, x] = 1
                folded[:, channel, y, x] = layer(image) - folded_bias
    given |= {"weight": array(weight)} | ({"bias": numbers(b)} if bias else {})
    record("fold_batch_norm", name, given, weight=array(folded), bias=array(folded_bias))


fold_batch_norm("with a bias", depthwise=False, bias=True)
fold_batch_norm("depthwise, without a bias", depthwise=True, bias=False)

# --- pools


def max_pool(name, x, kernel, stride, padding):
    given = {"input": nhwc(x), "kernel": kernel, "stride": stride, "padding": padding_of(padding)}
    y = F.max_pool2d(pad(x, padding, -math.inf), kernel, stride)
    record("max_pool", name, given, output=nhwc(y))


max_pool("3x3 stride 2, odd map, batch 2", random(2, 3, 7, 5), (3, 3), 2, 1)
max_pool("3x3 stride 2, even map", random(1, 3, 6, 4) - 3, (3, 3), 2, 1)
max_pool("2x3 stride 1, four different paddings", random(1, 2, 4, 4), (2, 3), 1, (0, 1, 1, 0))
max_pool("NaN", planted(math.nan, 1, 2, 5, 5), (3, 3), 2, 1)
max_pool("Inf", planted(math.inf, 1, 2, 5, 5), (3, 3), 2, 1)
max_pool("-Inf alone", planted(-math.inf, 1, 1, 1, 1), (3, 3), 2, 1)

for name, x in (("batch 3", random(3, 5, 4, 3)), ("one pixel", random(1, 3, 1, 1)), ("NaN", planted(math.nan, 2, 2, 3, 3))):
    record("global_average_pool", name, nhwc(x), output=nhwc(F.adaptive_avg_pool2d(x, 1)))

# --- resizing


def upsampled(x, size, align_corners):
    return F.interpolate(x, size=size, mode="bilinear", align_corners=align_corners)


def both_conventions(op, name, x, size, expected):
    for align_corners in (True, False):
        given = {"input": nhwc(x), "height": size[0], "width": size[1], "alignCorners": align_corners}
        full_name = f"{name}, {'corners' if align_corners else 'edges'} aligned"
        record(op, full_name, given, **expected(upsampled(x, size, align_corners)))


def resize(name, x, size):
    both_conventions("resize", name, x, size, lambda y: {"output": nhwc(y)})


resize("enlarge by odd ratios, batch 2", random(2, 3, 3, 4), (7, 9))
resize("shrink", random(1, 2, 9, 8), (4, 3))
resize("same size", random(1, 3, 3, 4), (3, 4))
resize("one pixel to a map", random(2, 3, 1, 1), (3, 4))
resize("a map to one pixel", random(1, 3, 4, 5), (1, 1))
resize("one row", random(1, 2, 1, 3), (4, 5))
resize("NaN", planted(math.nan, 1, 1, 3, 3), (5, 5))
resize("Inf", planted(math.inf, 1, 1, 3, 3), (5, 5))


def class_map(y):
    best, second = y.topk(2, dim=1).values.unbind(1)
    return {"classes": array(y.argmax(1)[0]), "margin": array((best - second)[0])}


both_conventions("upsample_argmax", "5 classes", random(1, 5, 3, 4), (9, 11), class_map)
both_conventions("upsample_argmax", "one pixel", random(1, 3, 1, 1), (2, 3), class_map)


def accumulate_probabilities(name, logits, size, align_corners, flip, weight):
    accumulator = random(*logits.shape[:2], *size)
    given = {"logits": nhwc(logits), "accumulator": nhwc(accumulator)}
    given |= {"alignCorners": align_corners, "flip": flip, "weight": weight}
    probabilities = F.softmax(upsampled(logits, size, align_corners), 1)
    if flip:
        probabilities = probabilities.flip(3)
    record("accumulate_probabilities", name, given, output=nhwc(accumulator + weight * probabilities))


accumulate_probabilities("corners aligned, batch 2", random(2, 3, 3, 4), (5, 6), True, False, 1.0)
accumulate_probabilities("edges aligned, mirrored", random(1, 4, 3, 3), (4, 7), False, True, 0.25)


def preprocess(name, in_size, out_size, flip, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)):
    rgba = torch.randint(0, 256, (*in_size, 4), dtype=torch.uint8)
    image = {"height": in_size[0], "width": in_size[1], "data": {"uint8": rgba.flatten().tolist()}}
    given = {"image": image, "height": out_size[0], "width": out_size[1], "mean": mean, "std": std, "flip": flip}
    rgb = rgba[:, :, :3].permute(2, 0, 1).unsqueeze(0).double()
    y = F.interpolate(rgb, size=out_size, mode="bilinear", align_corners=False, antialias=True)
    column = lambda values: torch.tensor(values, dtype=torch.float64).reshape(1, 3, 1, 1)
    y = (y / 255 - column(mean)) / column(std)
    record("preprocess", name, given, output=nhwc(y.flip(3) if flip else y))


preprocess("shrink by odd ratios", (11, 13), (4, 5), False)
preprocess("enlarge, mirrored", (3, 4), (7, 6), True)
preprocess("shrink one way, enlarge the other", (9, 3), (4, 5), False, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
preprocess("same size", (3, 4), (3, 4), False)
preprocess("to one pixel", (7, 6), (1, 1), True)

# --- element by element

for kind in ACTIVATIONS:
    x = torch.tensor([-math.inf, -1.5, 0.0, 2.5, 6.0, 7.25, math.inf, math.nan], dtype=torch.float64).reshape(1, 1, 2, 4)
    record("activation", kind, {"input": nhwc(x), "kind": kind}, output=nhwc(ACTIVATIONS[kind](x)))
    a, b = planted(math.nan, 2, 3, 2, 3), random(2, 3, 2, 3) * 4
    record("add", kind, {"a": nhwc(a), "b": nhwc(b), "activation": kind}, output=nhwc(ACTIVATIONS[kind](a + b)))

for name, x in (
    ("batch 2", random(2, 5, 2, 3)),
    ("one channel", random(1, 1, 2, 2)),
    ("large logits", random(1, 4, 3, 3) * 500),
    ("NaN", planted(math.nan, 1, 3, 2, 2)),
    ("Inf", planted(math.inf, 1, 3, 2, 2)),
    ("-Inf", planted(-math.inf, 1, 3, 2, 2)),
):
    record("softmax", name, nhwc(x), output=nhwc(F.softmax(x, 1)))

parts = [random(2, c, 2, 3) for c in (1, 3, 5)]
record("concat", "1, 3 and 5 channels", [nhwc(part) for part in parts], output=nhwc(torch.cat(parts, 1)))

golden.write()
