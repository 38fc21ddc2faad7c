#!/usr/bin/env python3
"""Writes conv2d_backward_golden.jsonl: the gradients of convolutions that PyTorch's autograd makes in float64.

Run with Debian's python3-torch (1.13): python3 make_conv2d_backward_golden.py
"""

import torch
import torch.nn.functional as F

from golden import GoldenFile, array, nhwc, numbers, random

torch.manual_seed(3)
golden = GoldenFile("conv2d_backward_golden.jsonl")


def conv2d_backward(name, x, kernel, out=3, stride=1, dilation=1, padding=(0, 0, 0, 0), depthwise=False):
    """`padding` is (top, bottom, left, right)."""
    c = x.shape[1]
    x.requires_grad_()
    weight = (random(c, 1, *kernel) if depthwise else random(out, c, *kernel)).requires_grad_()
    bias = random(weight.shape[0]).requires_grad_()
    top, bottom, left, right = padding
    padded = F.pad(x, (left, right, top, bottom))
    y = F.conv2d(padded, weight, bias, stride=stride, dilation=dilation, groups=c if depthwise else 1)
    dy = random(*y.shape)
    y.backward(dy)
    given = {"input": nhwc(x), "weight": array(weight), "stride": stride, "dilation": dilation}
    given |= {"padding": dict(zip(("top", "bottom", "left", "right"), padding)), "outputGradient": nhwc(dy)}
    op = "depthwise_conv2d_backward" if depthwise else "conv2d_backward"
    bias_gradient = {"shape": [len(bias)], "data": numbers(bias.grad)}
    golden.record(op, name, given, input=nhwc(x.grad), weight=array(weight.grad), bias=bias_gradient)


for depthwise in (False, True):
    conv2d_backward("1x1 stride 2, batch 3", random(3, 2, 4, 5), (1, 1), stride=2, depthwise=depthwise)
    conv2d_backward("3x3, batch 2", random(2, 3, 4, 3), (3, 3), padding=(1, 1, 1, 1), depthwise=depthwise)
    conv2d_backward("3x3 stride 2, SAME on an even map", random(1, 2, 6, 4), (3, 3), stride=2, padding=(0, 1, 0, 1), depthwise=depthwise)
    conv2d_backward("3x3 stride 2, dilation 2", random(1, 2, 7, 5), (3, 3), stride=2, dilation=2, padding=(2, 2, 2, 2), depthwise=depthwise)
    conv2d_backward("3x3 dilation 6: only the centre tap", random(1, 2, 4, 3), (3, 3), dilation=6, padding=(6, 6, 6, 6), depthwise=depthwise)
    conv2d_backward("5x3 stride 3, four different paddings", random(1, 2, 7, 5), (5, 3), stride=3, padding=(0, 3, 1, 2), depthwise=depthwise)
conv2d_backward("7x7 stride 2", random(1, 1, 6, 5), (7, 7), out=2, stride=2, padding=(3, 3, 3, 3))

golden.write()
