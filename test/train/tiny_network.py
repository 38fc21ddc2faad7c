"""A network of about 10 000 parameters with every op of DeepLabv3, for trajectories in which rounding is not amplified.
tiny_network.ts builds the same graph.

  image      65×49×3
  conv1      7×7, stride 2, 8 channels, batch norm, ReLU                                      33×25
  maxpool    3×3, stride 2, padding 1                                                         17×13
  layer1.0   torchvision's bottleneck 8 → 8 → 32, stride 2, with a convolution in its shortcut  9×7
  layer2.0   bottleneck 32 → 8 → 32, rate 2, identity shortcut
  depthwise  3×3, rate 2, with bias, then ReLU6; without batch norm, which would prevent clipping at 6
  pointwise  1×1, 32 channels, batch norm, added to layer2's output
  aspp.0     1×1, 16 channels, batch norm, ReLU
  aspp.1     3×3, rate 6 (most taps fall outside the map), 16 channels, batch norm, ReLU
  aspp.2     mean over the map, 1×1 with bias, 16 channels, ReLU, resized to the map; without batch norm, whose statistics over
             two values would amplify rounding
  project    the three branches concatenated, 1×1, 16 channels, batch norm, ReLU
  resize     bilinear to 17×13, align_corners true (the loss upsamples with align_corners false)
  classifier 1×1 with bias, 6 classes                                                         17×13 logits
"""
import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models.resnet import Bottleneck

CLASSES = 6
IMAGE = (65, 49)


class TinyNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        shortcut = nn.Sequential(nn.Conv2d(8, 32, 1, 2, bias=False), nn.BatchNorm2d(32))
        self.layer1 = nn.Sequential(Bottleneck(8, 8, 2, shortcut))
        self.layer2 = nn.Sequential(Bottleneck(32, 8, dilation=2))
        self.depthwise = nn.Conv2d(32, 32, 3, 1, 2, 2, 32)
        self.pointwise = convolution_batch_norm(32, 32)
        self.aspp = nn.ModuleList([
            convolution_batch_norm(32, 16),
            convolution_batch_norm(32, 16, kernel=3, rate=6),
            nn.Conv2d(32, 16, 1),
        ])
        self.project = convolution_batch_norm(48, 16)
        self.classifier = nn.Conv2d(16, CLASSES, 1)

    def forward(self, image):
        stem = F.max_pool2d(torch.relu(self.bn1(self.conv1(image))), 3, 2, 1)
        x = self.layer2(self.layer1(stem))
        x = x + self.pointwise(F.relu6(self.depthwise(x)))
        pooled = torch.relu(self.aspp[2](x.mean((2, 3), keepdim=True)))
        branches = [torch.relu(self.aspp[0](x)), torch.relu(self.aspp[1](x)), pooled.expand(-1, -1, *x.shape[2:])]
        x = torch.relu(self.project(torch.cat(branches, 1)))
        x = F.interpolate(x, size=stem.shape[2:], mode='bilinear', align_corners=True)
        return self.classifier(x)


def convolution_batch_norm(inputs, outputs, kernel=1, rate=1):
    padding = rate * (kernel - 1) // 2
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, 1, padding, rate, bias=False), nn.BatchNorm2d(outputs))
