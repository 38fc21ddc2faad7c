#!/usr/bin/env python3
"""Writes training_golden.jsonl: PyTorch's losses, gradients and updates, in float64, of tiny inputs.

Run with Debian's python3-torch (1.13): python3 make_training_golden.py
"""

import math

import torch
import torch.nn.functional as F

import losses
from golden import GoldenFile, array, nhwc, numbers, planted, random

torch.manual_seed(2)
golden = GoldenFile("training_golden.jsonl")
record = golden.record


def gradients(y, dy, *inputs):
    """Of the sum of dy · y, by each of the inputs."""
    return torch.autograd.grad(y, inputs, dy)


def leaf(x):
    return x.clone().requires_grad_()


# --- batch norm


def batch_norm(name, x, epsilon=1e-5, momentum=0.1):
    c = x.shape[1]
    gamma, beta, mean, variance, dy = random(c), random(c), random(c), random(c).abs() + 0.1, random(*x.shape)
    given = {"input": nhwc(x), "outputGradient": nhwc(dy), "gamma": numbers(gamma), "beta": numbers(beta)}
    given |= {"runningMean": numbers(mean), "runningVariance": numbers(variance)}
    given |= {"momentum": momentum, "epsilon": epsilon}
    x, gamma, beta = leaf(x), leaf(gamma), leaf(beta)
    y = F.batch_norm(x, mean, variance, gamma, beta, training=True, momentum=momentum, eps=epsilon)
    dx, dgamma, dbeta = gradients(y, dy, x, gamma, beta)
    outputs = {"output": nhwc(y), "runningMean": array(mean), "runningVariance": array(variance)}
    record("batch_norm_training", name, given, **outputs, inputGradient=nhwc(dx), gammaGradient=array(dgamma), betaGradient=array(dbeta))


batch_norm("batch 2, odd map", random(2, 5, 3, 2))
batch_norm("the paper's momentum, epsilon 1e-3", random(1, 3, 4, 3) + 5, momentum=0.0003, epsilon=1e-3)
batch_norm("image pooling: two images of one pixel", random(2, 3, 1, 1))
batch_norm("NaN", planted(math.nan, 2, 2, 2, 2))

# --- activations

for kind, function in {"relu": F.relu, "relu6": F.relu6}.items():
    # Where a NaN went in, PyTorch's relu lets the gradient through and its relu6 does not; here both do.
    last = math.nan if kind == "relu" else 8.0
    x = torch.tensor([-1.5, 0.0, 1e-3, 2.5, 5.999, 6.0, 7.25, last], dtype=torch.float64).reshape(1, 1, 2, 4)
    dy = random(1, 1, 2, 4)
    given = {"input": nhwc(x), "outputGradient": nhwc(dy), "kind": kind}
    x = leaf(x)
    record("activation_backward", kind, given, inputGradient=nhwc(gradients(function(x), dy, x)[0]))

# --- pools


def max_pool(name, x, kernel, stride, padding):
    y = F.max_pool2d(leaf(x), kernel, stride, padding)
    dy = random(*y.shape)
    given = {"input": nhwc(x), "kernel": kernel, "stride": stride, "outputGradient": nhwc(dy)}
    given["padding"] = dict.fromkeys(("top", "bottom"), padding[0]) | dict.fromkeys(("left", "right"), padding[1])
    x = leaf(x)
    record("max_pool_backward", name, given, inputGradient=nhwc(gradients(F.max_pool2d(x, kernel, stride, padding), dy, x)[0]))


max_pool("3x3 stride 2, odd map, batch 2", random(2, 3, 7, 5), (3, 3), 2, (1, 1))
max_pool("ties: the first in scan order", random(1, 2, 6, 6).round(), (3, 3), 2, (1, 1))
max_pool("all equal, stride 1", torch.zeros(1, 1, 4, 4, dtype=torch.float64), (3, 3), 1, (1, 1))
max_pool("2x3 stride 3: pixels between windows", random(1, 2, 7, 8), (2, 3), 3, (0, 1))
max_pool("NaN", planted(math.nan, 1, 2, 5, 5), (3, 3), 2, (1, 1))
max_pool("-Inf alone", planted(-math.inf, 1, 1, 1, 1), (3, 3), 2, (1, 1))

for name, shape in (("batch 3", (3, 5, 4, 3)), ("one pixel", (1, 3, 1, 1))):
    x, dy = leaf(random(*shape)), random(*shape[:2], 1, 1)
    given = {"outputGradient": nhwc(dy), "height": shape[2], "width": shape[3]}
    record("global_average_pool_backward", name, given, inputGradient=nhwc(gradients(F.adaptive_avg_pool2d(x, 1), dy, x)[0]))

# --- resizing


def upsampled(x, size, align_corners):
    return F.interpolate(x, size=size, mode="bilinear", align_corners=align_corners)


CONVENTIONS = {True: "corners aligned", False: "edges aligned"}


def resize(name, shape, size):
    for align_corners, convention in CONVENTIONS.items():
        x, dy = leaf(random(*shape)), random(*shape[:2], *size)
        given = {"outputGradient": nhwc(dy), "height": shape[2], "width": shape[3], "alignCorners": align_corners}
        record("resize_backward", f"{name}, {convention}", given, inputGradient=nhwc(gradients(upsampled(x, size, align_corners), dy, x)[0]))


resize("enlarge by odd ratios, batch 2", (2, 3, 3, 4), (7, 9))
resize("shrink", (1, 2, 9, 8), (4, 3))
resize("same size", (1, 3, 3, 4), (3, 4))
resize("one pixel to a map", (2, 3, 1, 1), (3, 4))
resize("a map to one pixel", (1, 3, 4, 5), (1, 1))

# --- the loss


def cross_entropy(name, shape, size, align_corners, weighted=False, ignored=0.2):
    logits = random(*shape) * 2
    labels = torch.randint(0, shape[1], (shape[0], *size))
    labels[torch.rand(labels.shape) < ignored] = 255
    weights = random(shape[1]).abs() if weighted else None
    given = {"logits": nhwc(logits), "labels": {"uint8": labels.flatten().tolist()}, "height": size[0], "width": size[1]}
    given |= {"alignCorners": align_corners, "ignoreIndex": 255} | ({"classWeights": numbers(weights)} if weighted else {})
    logits = leaf(logits)
    loss = F.cross_entropy(upsampled(logits, size, align_corners), labels, weight=weights, ignore_index=255)
    (gradient,) = torch.autograd.grad(loss, logits)
    record("softmax_cross_entropy", name, given, loss=array(loss.reshape(1)), logitsGradient=nhwc(gradient))


cross_entropy("corners aligned, batch 2", (2, 5, 3, 4), (7, 9), True)
cross_entropy("edges aligned, class weights", (1, 3, 3, 3), (8, 5), False, weighted=True)
cross_entropy("one class, nothing ignored", (1, 1, 2, 2), (3, 3), False, ignored=0)
cross_entropy("labels smaller than the logits", (1, 4, 5, 6), (3, 2), True)

# --- the update


def sgd(name, momentum, weight_decay, multiplier, learning_rates=(0.1, 0.07, 0.03)):
    parameters, steps = random(7), [random(7) for _ in learning_rates]
    given = {"parameters": numbers(parameters), "gradients": [numbers(gradient) for gradient in steps]}
    given |= {"learningRates": learning_rates, "multiplier": multiplier, "momentum": momentum, "weightDecay": weight_decay}
    parameters = leaf(parameters)
    optimizer = torch.optim.SGD([parameters], lr=1, momentum=momentum, weight_decay=weight_decay)
    for rate, gradient in zip(learning_rates, steps):
        optimizer.param_groups[0]["lr"] = rate * multiplier
        parameters.grad = gradient
        optimizer.step()
    record("sgd", name, given, parameters=array(parameters))


sgd("momentum 0.9, weight decay", 0.9, 1e-4, 1)
sgd("ten times the rate, without decay", 0.9, 0, 10)
sgd("without momentum", 0, 0.01, 1)


def adamw(name, momentum, weight_decay, multiplier, square_decay=0.999, epsilon=1e-8, learning_rates=(0.1, 0.07, 0.03)):
    parameters, steps = random(7), [random(7) for _ in learning_rates]
    given = {"parameters": numbers(parameters), "gradients": [numbers(gradient) for gradient in steps]}
    given |= {"learningRates": learning_rates, "multiplier": multiplier, "momentum": momentum, "weightDecay": weight_decay}
    given |= {"squareDecay": square_decay, "epsilon": epsilon}
    parameters = leaf(parameters)
    optimizer = torch.optim.AdamW([parameters], lr=1, betas=(momentum, square_decay), eps=epsilon, weight_decay=weight_decay)
    for rate, gradient in zip(learning_rates, steps):
        optimizer.param_groups[0]["lr"] = rate * multiplier
        parameters.grad = gradient
        optimizer.step()
    record("adamw", name, given, parameters=array(parameters))


adamw("the defaults", 0.9, 0.01, 1)
adamw("a tenth of the rate, without decay", 0.9, 0, 0.1)
adamw("without momentum, a short memory of squares, a large epsilon", 0, 0.1, 1, square_decay=0.9, epsilon=0.1)

# --- the losses beside the plain cross entropy

torch.manual_seed(3)  # so that cases before do not change these


def loss_case(op, name, shape, size, align_corners, loss, ignored=0.2, classes=None, **more):
    """`classes`: those that the labels have. `more`: what the reference gets besides."""
    logits = random(*shape) * 2
    labels = torch.randint(0, classes or shape[1], (shape[0], *size))
    labels[torch.rand(labels.shape) < ignored] = 255
    given = {"logits": nhwc(logits), "labels": {"uint8": labels.flatten().tolist()}, "height": size[0], "width": size[1]}
    given |= {"alignCorners": align_corners, "ignoreIndex": 255, **more}
    logits = leaf(logits)
    value = loss(upsampled(logits, size, align_corners), labels)
    (gradient,) = torch.autograd.grad(value, logits)
    record(op, name, given, loss=array(value.reshape(1)), logitsGradient=nhwc(gradient))


def smoothed(name, shape, size, align_corners, smoothing, weighted=False):
    weights = random(shape[1]).abs() if weighted else None
    loss = lambda logits, labels: losses.cross_entropy(logits, labels, weights, smoothing)
    more = {"labelSmoothing": smoothing} | ({"classWeights": numbers(weights)} if weighted else {})
    loss_case("softmax_cross_entropy", name, shape, size, align_corners, loss, **more)


smoothed("label smoothing, corners aligned", (2, 5, 3, 4), (7, 9), True, 0.1)
smoothed("label smoothing, class weights", (1, 3, 3, 3), (8, 5), False, 0.3, weighted=True)


def hard_pixels(name, shape, size, align_corners, share, smoothing=0.0, weighted=False):
    weights = random(shape[1]).abs() if weighted else None

    def loss(logits, labels):
        return losses.cross_entropy(logits, losses.hard_labels(logits, labels, share, weights, smoothing), weights, smoothing)

    more = {"hard": int(share * shape[0] * size[0] * size[1]), "labelSmoothing": smoothing} | ({"classWeights": numbers(weights)} if weighted else {})
    loss_case("hard_pixels", name, shape, size, align_corners, loss, **more)


hard_pixels("a quarter, corners aligned, batch 2", (2, 5, 3, 4), (7, 9), True, 0.25)
hard_pixels("a tenth, class weights, label smoothing", (1, 3, 3, 3), (8, 5), False, 0.1, 0.2, weighted=True)

loss_case("dice_loss", "corners aligned, batch 2", (2, 5, 3, 4), (7, 9), True, losses.dice_loss)
loss_case("dice_loss", "two of four classes, edges aligned", (1, 4, 3, 3), (8, 5), False, losses.dice_loss, classes=2)
loss_case("dice_loss", "one class, nothing ignored", (1, 1, 2, 2), (3, 3), False, losses.dice_loss, ignored=0)
loss_case("lovasz_softmax", "corners aligned, batch 2", (2, 5, 3, 4), (7, 9), True, losses.lovasz_softmax)
loss_case("lovasz_softmax", "two of four classes, edges aligned", (1, 4, 3, 3), (8, 5), False, losses.lovasz_softmax, classes=2)

golden.write()
