"""FCN and DeepLab v1 and v2 on VGG-16 in PyTorch, written from the papers, independently of src/model."""
import torch
import torch.nn.functional as F

BLOCKS = [(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)]


class Vgg16(torch.nn.Module):
    """`options` are those of src/model/backbones/vgg16_config.ts, as a dict. The image's channels are in the network's order."""

    def __init__(self, options, output_stride):
        super().__init__()
        self.options, self.output_stride = options, output_stride
        self.fcn = options['head'] != 'atrous'
        scaled = lambda channels: 4 * max(1, round(channels * options['width'] / 4))
        classes, inputs = options['classes'], 3
        for block, (count, channels) in enumerate(BLOCKS, 1):
            rate = 2 if block == 5 and output_stride == 8 else 1
            for i in range(1, count + 1):
                padding = 100 if self.fcn and block == i == 1 else rate
                self.add_module(f'conv{block}_{i}', torch.nn.Conv2d(inputs, scaled(channels), 3, padding=padding, dilation=rate))
                inputs = scaled(channels)
        wide = scaled(4096 if self.fcn else 1024)
        rates = [rate * 8 // output_stride for rate in options.get('rates', [])]
        for suffix, rate in zip(self.suffixes(), rates or [1]):
            fc6 = torch.nn.Conv2d(inputs, wide, 7) if self.fcn else torch.nn.Conv2d(inputs, wide, 3, padding=rate, dilation=rate)
            self.add_module(f'fc6{suffix}', fc6)
            self.add_module(f'fc7{suffix}', torch.nn.Conv2d(wide, wide, 1))
            self.add_module(f'score_fr' if self.fcn else f'fc8{suffix}', torch.nn.Conv2d(wide, classes, 1))
        if options.get('multiScale'):
            for name, channels, stride in self.scales():
                self.add_module(f'{name}_conv', torch.nn.Conv2d(channels if name == 'input' else scaled(channels), scaled(128), 3, stride, 1))
                self.add_module(f'{name}_fc', torch.nn.Conv2d(scaled(128), scaled(128), 1))
                self.add_module(f'{name}_ms', torch.nn.Conv2d(scaled(128), classes, 1))
        up = lambda name, stride: self.add_module(name, torch.nn.ConvTranspose2d(classes, classes, 2 * stride, stride, bias=False))
        if options['head'] == 'fcn32s':
            up('upscore', 32)
        if options['head'] in ('fcn16s', 'fcn8s'):
            self.score_pool4 = torch.nn.Conv2d(scaled(512), classes, 1)
            up('upscore2', 2)
        if options['head'] == 'fcn16s':
            up('upscore16', 16)
        if options['head'] == 'fcn8s':
            self.score_pool3 = torch.nn.Conv2d(scaled(256), classes, 1)
            up('upscore_pool4', 2)
            up('upscore8', 8)

    def scales(self):
        """(name, channels of the full network, stride to the size of the logits)"""
        strides = [8, 4, 2, 1, 1] if self.output_stride == 8 else [16, 8, 4, 2, 1]
        return zip(('input', 'pool1', 'pool2', 'pool3', 'pool4'), (3, 64, 128, 256, 512), strides)

    def suffixes(self):
        rates = self.options.get('rates', [12])
        return [''] if self.fcn or len(rates) == 1 else [f'_{i}' for i in range(1, len(rates) + 1)]

    def forward(self, image):
        x, pools, stride = image, [], 1
        for block, (count, _) in enumerate(BLOCKS, 1):
            for i in range(1, count + 1):
                x = F.relu(getattr(self, f'conv{block}_{i}')(x))
            step = 2 if stride < self.output_stride else 1
            stride *= step
            x = F.max_pool2d(x, 2, 2, ceil_mode=True) if self.fcn else F.max_pool2d(x, 3, step, 1, ceil_mode=True)
            pools.append(x)
        branch = lambda s: F.relu(getattr(self, f'fc7{s}')(F.relu(getattr(self, f'fc6{s}')(x))))
        if not self.fcn:
            score = sum(getattr(self, f'fc8{s}')(branch(s)) for s in self.suffixes())
            for y, (name, _, _) in zip([image, *pools], self.scales() if self.options.get('multiScale') else ()):
                y = F.relu(getattr(self, f'{name}_fc')(F.relu(getattr(self, f'{name}_conv')(y))))
                y = getattr(self, f'{name}_ms')(y)
                score = score + F.interpolate(y, score.shape[2:], mode='bilinear', align_corners=False)
            return score
        crop = lambda y, offset, like: y[:, :, offset:offset + like.shape[2], offset:offset + like.shape[3]]
        score = self.score_fr(branch(''))
        if self.options['head'] == 'fcn32s':
            return crop(self.upscore(score), 19, image)
        score = self.upscore2(score)
        score = score + crop(self.score_pool4(pools[3]), 5, score)
        if self.options['head'] == 'fcn16s':
            return crop(self.upscore16(score), 27, image)
        score = self.upscore_pool4(score)
        score = score + crop(self.score_pool3(pools[2]), 9, score)
        return crop(self.upscore8(score), 31, image)


def network(options, output_stride, parameter, x):
    module = Vgg16(options, output_stride).to(x.dtype).eval()
    for name, value in module.state_dict().items():
        value.copy_(parameter(name, tuple(value.shape)))
    return module(x)
