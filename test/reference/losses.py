"""The losses of training, over logits (n, classes, height, width) of the labels' size, in PyTorch.

The losses that PyTorch has not are written from their sources:
  hard_labels      top_k_percent_pixels of Google's DeepLab, deeplab/utils/train_utils.py
  dice_loss        DiceLoss(mode='multiclass') of segmentation_models_pytorch
  lovasz_softmax   Berman et al. 2018, algorithm 1 and equation 11, classes='present', per_image=False
"""

import torch
import torch.nn.functional as F

IGNORED = 255


def cross_entropy(logits, labels, weights=None, label_smoothing=0.0, reduction="mean"):
    return F.cross_entropy(logits, labels, weights, ignore_index=IGNORED, label_smoothing=label_smoothing, reduction=reduction)


def hard_labels(logits, labels, share, weights=None, label_smoothing=0.0):
    """-> the labels of a share of the pixels, those with the largest losses; the others are ignored"""
    losses = cross_entropy(logits, labels, weights, label_smoothing, "none").flatten()
    kept = torch.topk(losses, max(1, int(share * losses.numel()))).indices
    found = torch.full_like(losses, IGNORED, dtype=labels.dtype)
    found[kept] = labels.flatten()[kept]
    return found.reshape(labels.shape)


def dice_loss(logits, labels):
    counted = (labels != IGNORED).unsqueeze(1)
    probabilities = logits.softmax(1) * counted
    truth = F.one_hot(labels * counted[:, 0], logits.shape[1]).permute(0, 3, 1, 2) * counted
    overlap = (probabilities * truth).sum((0, 2, 3))
    scores = 2 * overlap / (probabilities + truth).sum((0, 2, 3)).clamp_min(1e-7)
    return ((1 - scores) * (truth.sum((0, 2, 3)) > 0)).mean()


def lovasz_softmax(logits, labels):
    counted = labels.flatten() != IGNORED
    probabilities = logits.softmax(1).permute(0, 2, 3, 1).flatten(0, 2)[counted]
    labels = labels.flatten()[counted]
    losses = []
    for c in range(logits.shape[1]):
        truth = (labels == c).to(logits.dtype)
        if truth.sum() == 0:
            continue
        errors, order = torch.sort((truth - probabilities[:, c]).abs(), descending=True)
        truth = truth[order]
        jaccard = 1 - (truth.sum() - truth.cumsum(0)) / (truth.sum() + (1 - truth).cumsum(0))
        gradient = torch.cat([jaccard[:1], jaccard[1:] - jaccard[:-1]])
        losses.append(torch.dot(errors, gradient))
    return sum(losses) / max(1, len(losses)) if losses else logits.sum() * 0
