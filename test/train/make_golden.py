"""Makes golden training trajectories with PyTorch: five SGD steps from the seeded weights of test/model/seeded.py, with one change: in
ResNet-50 the last γ of each bottleneck is a quarter of the seeded value. Residual branches that start small (zero_init_residual goes
further) prevent a deep batch-normalised network from amplifying rounding errors: without the change, float32 deviates from float64 by 5e-3
of the loss at the third step.
usage: python3 test/train/make_golden.py [FAMILY ...]   (Debian: python3-torch python3-torchvision) -> golden/FAMILY.json, golden/FAMILY.bin
then npm run format, for the JSON; without arguments, all families

The family deeplabv3 has three networks. torchvision's deeplabv3_resnet50 (output stride 8) and tiny_network.py run with batch norm in training mode
(batch statistics; running statistics updated with momentum 0.1) and frozen (fixed running statistics; γ and β are still trained). A shallow
network of torchvision's parts, with one unit per block, runs with frozen batch norm, the auxiliary head and class weights. The networks of
other families run with frozen batch norm: over two images, PyTorch's own float32 strays too far from its float64.

The family losses has the terms of the loss, each with the tiny network or the shallow one, and frozen batch norm: test/reference/losses.py
has them. Label smoothing is in the loss of each head, the other terms in that of the first alone.

There is no dropout, and there are two images. The loss is the mean cross-entropy of the logits, upsampled to the labels (by align_corners
as the options say, else false), over the pixels not labelled 255, with class weights if there are any. For an auxiliary head, 0.5 times the loss of its logits is
added, as in torchvision's references/segmentation/train.py. The optimizer is SGD with momentum 0.9 and weight decay 1e-4 on every parameter
including γ, β and biases, as in torchvision's recipe and in TensorFlow's DeepLab for ResNets (its 4e-5 is for MobileNet and Xception). The
schedule is base·(1 − i/5)^0.9, so that the five steps cover it. The base rate is the paper's 0.007 for 16 images, scaled to two, and 0.01
for the other networks. At 0.01 the tiny network trains visibly, and no activation is so near a kink (ReLU's 0, a tie in max pooling) that a
change of the weights by 1e-6 moves it to the other side; at 0.007 one is.

The family adamw is two of these networks with AdamW, a cosine after a warm-up of two steps (by PyTorch's schedulers), rates by layer, no
decay of batch norm, and a moving average of the weights and running statistics whose decay after step t is min(averageDecay, (1 + t) /
(10 + t)).

Each trajectory runs in float64 and in float32. FAMILY.json holds both lists of losses, each loss before its step. FAMILY.bin holds, in
little-endian float32, values after the last step in float64: every parameter of the tiny network; of others, at most 2000 elements of
each of a few parameters (element ⌊i·count/2000⌋ for each i), with the L2 norms of the whole parameter and of its change; and with an
average, the same of the averages."""
import json
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F

FOLDER = pathlib.Path(__file__).parent
sys.path.append(str(FOLDER.parent / 'model'))
sys.path.append(str(FOLDER.parent / 'reference'))
import configs
import deeplab_v2
import losses as loss_terms
import networks
import seeded
import vgg
from tiny_network import CLASSES, IMAGE, TinyNetwork
from torchvision.models._utils import IntermediateLayerGetter
from torchvision.models.resnet import Bottleneck, ResNet
from torchvision.models.segmentation.deeplabv3 import DeepLabHead, DeepLabV3
from torchvision.models.segmentation.fcn import FCN, FCNHead

STEPS = 5
BATCH = 2
MOMENTUM = 0.9
WEIGHT_DECAY = 1e-4
LARGEST_SAMPLE = 2000
IGNORED = 255
AUXILIARY_LOSS = 0.5

FIRST_AND_LAST_BATCH_NORM = [f'{norm}.{vector}' for norm in ('backbone.bn1', 'classifier.2') for vector in ('weight', 'bias', 'running_mean', 'running_var')]
RESNET_VALUES = ['backbone.conv1.weight', 'backbone.layer3.0.conv2.weight', 'classifier.4.weight', 'classifier.4.bias', *FIRST_AND_LAST_BATCH_NORM]

AUXILIARY_VALUES = [*RESNET_VALUES[:1], 'backbone.layer3.0.conv2.weight', 'backbone.layer3.0.bn3.weight', 'backbone.layer4.0.conv2.weight', *RESNET_VALUES[2:4],
                    *[f'aux_classifier.{part}' for part in ('0.weight', '1.weight', '1.bias', '1.running_var', '4.weight', '4.bias')]]


def shallow_module():
    """torchvision's deeplabv3_resnet50 with its auxiliary head and one unit per block."""
    features = ResNet(Bottleneck, [1, 1, 1, 1], replace_stride_with_dilation=[False, True, True])
    return DeepLabV3(IntermediateLayerGetter(features, {'layer4': 'out', 'layer3': 'aux'}), DeepLabHead(2048, CLASSES), FCNHead(1024, CLASSES))


class Functional(torch.nn.Module):
    """A network of networks.py with frozen batch norm, its parameters by name."""

    def __init__(self, network, options, output_stride, size):
        super().__init__()
        self.run = lambda parameter, x: network(options, output_stride, parameter, x)
        self.values = {}

        def discover(name, shape):
            value = torch.from_numpy(seeded.parameter(name, shape))
            fixed = name.endswith(('.running_mean', '.running_var'))
            self.values[name] = value if fixed else torch.nn.Parameter(value)
            return value

        with torch.no_grad():
            self.run(discover, torch.zeros(1, 3, *size))

    def state_dict(self):
        return {name: value.data for name, value in self.values.items()}

    def parameters(self):
        return [value for value in self.values.values() if isinstance(value, torch.nn.Parameter)]

    def to(self, dtype):
        for value in self.values.values():
            value.data = value.data.to(dtype)
        return self

    def forward(self, x):
        return self.run(lambda name, shape: self.values[name], x)


def functional(network, options, output_stride, values, size=(65, 65), **more):
    """An entry of the table below."""
    return {'make': lambda: Functional(network, options, output_stride, size), 'size': size, 'classes': 21, 'learningRate': 0.01, 'lastGamma': 0.25,
            'values': values, 'frozen': (True,), 'options': options, 'outputStride': output_stride, **more}


def shallow_fcn():
    """torchvision's fcn_resnet50 with its auxiliary head and one unit per block."""
    features = ResNet(Bottleneck, [1, 1, 1, 1], replace_stride_with_dilation=[False, True, True])
    return FCN(IntermediateLayerGetter(features, {'layer4': 'out', 'layer3': 'aux'}), FCNHead(2048, CLASSES), FCNHead(1024, CLASSES))


HEAD_VALUES = ['classifier.0.convs.0.0.weight', 'classifier.0.project.1.weight', 'decoder.project.0.weight', 'decoder.project.1.bias', 'decoder.convs.1.1.weight']
SEPARABLE_VALUES = [*HEAD_VALUES, 'classifier.0.convs.2.0.depthwise.weight', 'classifier.0.convs.2.0.depthwise_norm.bias', 'decoder.convs.0.0.depthwise.weight',
                    'decoder.convs.0.0.pointwise.weight']
LAST = ['classifier.4.weight', 'classifier.4.bias']
MOBILE_LAST = ['segmentation_head.classifier.convolution.weight', 'segmentation_head.classifier.convolution.bias']

PLUS = {
    'decoder': functional(networks.paper_network, configs.PLUS, 16, ['backbone.conv1.weight', *HEAD_VALUES, 'decoder.convs.0.0.weight', *LAST]),
    'mobilenet_v2 with decoder': functional(networks.mobilenet_v2, configs.MOBILE_PLUS, 16, [
        'mobilenet_v2.conv_stem.first_conv.convolution.weight', 'mobilenet_v2.layer.1.reduce_1x1.convolution.weight', *SEPARABLE_VALUES, *MOBILE_LAST]),
    'xception65': functional(networks.xception, configs.XCEPTION, 16, [
        'backbone.stem.0.conv.weight', 'backbone.blocks.1.stack.conv2.conv_pw.weight', 'backbone.blocks.1.shortcut.conv.weight',
        'backbone.blocks.10.stack.conv1.bn_dw.weight', 'backbone.blocks.20.stack.conv3.conv_dw.weight', *SEPARABLE_VALUES, *LAST]),
    'fcn': {'make': shallow_fcn, 'size': (33, 33), 'classes': CLASSES, 'learningRate': 0.01, 'lastGamma': 0.25, 'frozen': (True,),
            'options': {'backbone': 'resnet50', **configs.FCN, 'units': [1, 1, 1, 1], 'multiGrid': [1], 'classes': CLASSES, 'auxiliaryHead': True},
            'outputStride': 8, 'values': ['backbone.conv1.weight', 'classifier.0.weight', 'classifier.1.weight', *LAST, 'aux_classifier.0.weight', 'aux_classifier.4.bias']},
}

DEEPLABV3 = {
    'deeplabv3_resnet50': {'make': lambda: networks.torchvision_module('resnet50', 8), 'size': (65, 65), 'classes': 21,
                           'learningRate': 0.007 * BATCH / 16, 'lastGamma': 0.25, 'values': RESNET_VALUES, 'frozen': (False, True)},
    'tiny': {'make': TinyNetwork, 'size': IMAGE, 'classes': CLASSES, 'learningRate': 0.01, 'lastGamma': 1, 'values': None, 'frozen': (False, True)},
    'auxiliary': {'make': shallow_module, 'size': (33, 33), 'classes': CLASSES, 'learningRate': 0.01, 'lastGamma': 0.25,
                  'values': AUXILIARY_VALUES, 'frozen': (True,), 'classWeights': [0.5, 1, 2, 0, 1.5, 0.25]},
}


VGG = {'backbone': 'vgg16', 'width': 0.0625, 'classes': CLASSES}
FCN8S = {**VGG, 'head': 'fcn8s', 'outputStride': 32}
VGG_ASPP = {**VGG, 'head': 'atrous', 'outputStride': 8, 'rates': [6, 12, 18, 24]}
FCN8S_VALUES = ['conv1_1.weight', 'conv3_3.weight', 'conv5_3.bias', 'fc6.weight', 'fc7.bias', 'score_fr.weight', 'score_fr.bias', 'score_pool4.weight',
                'score_pool3.weight', 'upscore2.weight', 'upscore_pool4.weight', 'upscore8.weight']
VGG_ASPP_VALUES = ['conv1_1.weight', 'conv5_1.weight', 'conv5_3.bias', *[f'fc{i}_{branch}.weight' for i in (6, 7, 8) for branch in (1, 4)], 'fc8_2.bias']

V2 = {'backbone': 'deeplabv2_resnet101', 'width': 0.125, 'units': [1, 1, 1, 1], 'rates': [6, 12, 18, 24], 'classes': CLASSES}
V2_VALUES = [f'base.{part}' for part in ('layer1.conv1.conv.weight', 'layer1.conv1.bn.weight', 'layer3.block1.reduce.conv.weight',
             'layer4.block1.conv3x3.conv.weight', 'layer5.block1.shortcut.bn.bias', 'layer5.block1.increase.bn.running_var',
             'aspp.c0.weight', 'aspp.c3.weight', 'aspp.c2.bias')]

VGG_NETWORKS = {
    'fcn8s': {'make': lambda: vgg.Vgg16(FCN8S, 32), 'size': (33, 33), 'classes': CLASSES, 'learningRate': 0.01, 'lastGamma': 1,
              'values': FCN8S_VALUES, 'frozen': (True,), 'options': FCN8S, 'outputStride': 32, 'gain': 1.5},
    'vgg_aspp': {'make': lambda: vgg.Vgg16(VGG_ASPP, 8), 'size': (65, 65), 'classes': CLASSES, 'learningRate': 0.01, 'lastGamma': 1,
                 'values': VGG_ASPP_VALUES, 'frozen': (True,), 'options': VGG_ASPP, 'gain': 1.5},
}

VARIANTS = {
    'resnet18': functional(networks.paper_network, configs.BASIC, 16, [
        'backbone.conv1.weight', 'backbone.layer1.0.conv1.weight', 'backbone.layer2.0.downsample.0.weight', 'backbone.layer4.1.conv2.weight',
        'backbone.layer4.1.bn2.bias', *HEAD_VALUES[:2], *LAST]),
    'mobilenet_v2, padding before the expansion': functional(networks.mobilenet_v2, configs.EARLY, 16, [
        'mobilenet_v2.conv_stem.first_conv.convolution.weight', 'mobilenet_v2.layer.0.expand_1x1.convolution.weight',
        'mobilenet_v2.layer.6.expand_1x1.normalization.bias', 'mobilenet_v2.layer.14.conv_3x3.convolution.weight', *MOBILE_LAST]),
}

V2_NETWORKS = {
    'deeplab_v2': {'make': lambda: deeplab_v2.DeepLabV2(V2, 8), 'size': (65, 65), 'classes': CLASSES, 'learningRate': 0.01, 'lastGamma': 1,
                   'values': V2_VALUES, 'frozen': (False, True), 'options': V2},
}


ADAMW = {'optimizer': 'adamw', 'momentum': MOMENTUM, 'weightDecay': 0.05, 'schedule': 'cosine', 'warmUpSteps': 2, 'headLearningRate': 10,
         'backboneLearningRate': 0.1, 'decayBatchNorm': False, 'averageDecay': 0.3}

# A batch norm subtracts what the bias adds. So its gradient is rounding alone, which AdamW makes as large as any other.
ALMOST_ALL_TINY_VALUES = [name for name, value in TinyNetwork().state_dict().items() if value.is_floating_point() and name != 'aspp.2.bias']

ADAMW_NETWORKS = {
    'tiny, AdamW': {**DEEPLABV3['tiny'], 'values': ALMOST_ALL_TINY_VALUES, 'learningRate': 1e-3, 'recipe': ADAMW, 'backbone': ['conv1', 'bn1', 'layer1', 'layer2'], 'head': ['classifier']},
    'auxiliary, AdamW': {**DEEPLABV3['auxiliary'], 'learningRate': 1e-5, 'recipe': ADAMW, 'backbone': ['backbone'],
                         'head': ['classifier.4', 'aux_classifier']},
}


def parameter_groups(module, network):
    """One for each parameter, with the factor on its learning rate."""
    recipe = network['recipe']
    norms = {f'{name}.{vector}' for name, part in module.named_modules() if isinstance(part, torch.nn.BatchNorm2d) for vector in ('weight', 'bias')}

    def group(name, parameter):
        of = lambda layers: any(name.startswith(f'{layer}.') for layer in layers)
        rate = recipe['headLearningRate'] if of(network['head']) else recipe['backboneLearningRate'] if of(network['backbone']) else 1
        return {'params': [parameter], 'lr': network['learningRate'] * rate, 'weight_decay': 0 if name in norms else recipe['weightDecay']}

    return [group(*named) for named in module.named_parameters()]


def optimizer_of(module, network):
    """-> the optimizer, and what sets its rates after a step"""
    if 'recipe' not in network:
        optimizer = torch.optim.SGD(module.parameters(), network['learningRate'], MOMENTUM, weight_decay=WEIGHT_DECAY)
        return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: (1 - step / STEPS) ** 0.9)
    warm_up = network['recipe']['warmUpSteps']
    optimizer = torch.optim.AdamW(parameter_groups(module, network), betas=(network['recipe']['momentum'], 0.999))
    rise = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=1 / (warm_up + 1), total_iters=warm_up)
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=STEPS - warm_up)
    return optimizer, torch.optim.lr_scheduler.SequentialLR(optimizer, [rise, fall], milestones=[warm_up])


def state_of(module):
    return {name: value.double().numpy().copy() for name, value in module.state_dict().items() if value.is_floating_point()}


def seeded_images(height, width):
    """(BATCH, height, width, 3): one seeded image, BATCH times as high, cut into images."""
    return seeded.image(BATCH * height, width).reshape(BATCH, height, width, 3)


def seeded_labels(images, classes):
    """(BATCH, height, width): the range [-2, 2) of a pixel's red value is divided into classes + 1 equal parts; the last part is 255."""
    labels = np.floor((images[..., 0].astype(np.float64) + 2) / 4 * (classes + 1)).astype(np.uint8)
    labels[labels == classes] = IGNORED
    return labels


def starting_value(network, name, shape):
    gain = network.get('gain', 1) if len(shape) == 4 else 1
    return seeded.parameter(name, shape) * np.float32(network['lastGamma'] if name.endswith('.bn3.weight') else gain)


def seeded_network(network, frozen, dtype):
    module = network['make']()
    state = module.state_dict()
    for name, value in state.items():
        if value.is_floating_point():
            value.copy_(torch.from_numpy(starting_value(network, name, tuple(value.shape))))
    for part in module.modules():
        norm = isinstance(part, torch.nn.BatchNorm2d)
        part.train(not frozen if norm else not isinstance(part, torch.nn.Dropout))
    return module.to(dtype)


def logits_of(module, images):
    """-> logits of each head, without the upsampling to the image's size at the end of torchvision's forward."""
    if not hasattr(module, 'backbone'):
        return [module(images)]
    features = module.backbone(images)
    main = module.classifier(features['out'])
    return [main, module.aux_classifier(features['aux'])] if module.aux_classifier else [main]


def loss_of(logits, labels, class_weights, align_corners, label_smoothing=0):
    return loss_terms.cross_entropy(upsampled(logits, labels, align_corners), labels, class_weights, label_smoothing)


def upsampled(logits, labels, align_corners):
    return F.interpolate(logits, size=labels.shape[1:], mode='bilinear', align_corners=align_corners)


def main_loss(logits, labels, class_weights, align_corners, options):
    """The loss of the first head, with the terms that only it has."""
    smoothing = options.get('labelSmoothing', 0)
    full = upsampled(logits, labels, align_corners)
    share = options.get('hardPixels', 1)
    counted = labels if share == 1 else loss_terms.hard_labels(full.detach(), labels, share, class_weights, smoothing)
    loss = loss_terms.cross_entropy(full, counted, class_weights, smoothing)
    if 'diceLoss' in options:
        loss = loss + options['diceLoss'] * loss_terms.dice_loss(full, labels)
    if 'lovaszLoss' in options:
        loss = loss + options['lovaszLoss'] * loss_terms.lovasz_softmax(full, labels)
    return loss


def train(network, frozen, dtype):
    """-> losses, final state by name, and its moving average, or None"""
    module = seeded_network(network, frozen, dtype)
    images = seeded_images(*network['size'])
    labels = torch.from_numpy(seeded_labels(images, network['classes'])).long()
    images = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous().to(dtype)
    class_weights = torch.tensor(network['classWeights'], dtype=dtype) if 'classWeights' in network else None
    align_corners = network.get('options', {}).get('alignCorners', False)
    optimizer, scheduler = optimizer_of(module, network)
    average_decay = network.get('recipe', {}).get('averageDecay')
    average = state_of(module) if average_decay else None
    losses = []
    for step in range(1, STEPS + 1):
        optimizer.zero_grad()
        main, *auxiliary = logits_of(module, images)
        terms = network.get('loss', {})
        loss = main_loss(main, labels, class_weights, align_corners, terms)
        for other in auxiliary:
            loss = loss + AUXILIARY_LOSS * loss_of(other, labels, class_weights, align_corners, terms.get('labelSmoothing', 0))
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
        if average_decay:
            decay = min(average_decay, (1 + step) / (10 + step))
            average = {name: decay * average[name] + (1 - decay) * value for name, value in state_of(module).items()}
    return losses, state_of(module), average


def sample(values):
    count = values.size
    return values.reshape(-1)[np.arange(min(count, LARGEST_SAMPLE)) * count // min(count, LARGEST_SAMPLE)].astype('<f4')


def trajectory(name, network, frozen):
    """-> entry of index.json, samples"""
    losses, final, average = train(network, frozen, torch.float64)
    losses32, final32, average32 = train(network, frozen, torch.float32)
    samples = []

    def entries_of(state, state32):
        entries = []
        for parameter in network['values'] or final:
            values = state[parameter]
            change = float(np.linalg.norm(values - starting_value(network, parameter, values.shape)))
            entries.append({'name': parameter, 'shape': list(values.shape), 'norm': float(np.linalg.norm(values)), 'change': change})
            samples.append(sample(values))
            stray = float(np.linalg.norm(state32[parameter] - values))
            print(f'  {parameter}: float32 strays by {stray / entries[-1]["norm"]:.1e} of its norm, {stray / max(change, 1e-30):.1e} of its change')
        return entries

    entry = {'network': name, 'batchNorm': 'frozen' if frozen else 'training', 'losses': losses, 'losses32': losses32, 'values': entries_of(final, final32)}
    if average:
        entry['averages'] = entries_of(average, average32)
    print(name, 'frozen' if frozen else 'training', losses, 'float32 strays by', [f'{abs(a / b - 1):.1e}' for a, b in zip(losses32, losses)])
    return entry, samples


def checksum(values):
    """The sum of the float32 values' bits, or of the bytes, modulo 2^32."""
    return int(values.view(np.uint32 if values.dtype == np.float32 else np.uint8).sum(dtype=np.uint64)) & 0xFFFFFFFF


def network_entry(network):
    images = seeded_images(*network['size'])
    labels = seeded_labels(images, network['classes'])
    return {'size': list(network['size']), 'classes': network['classes'], 'learningRate': network['learningRate'],
            'lastGamma': network['lastGamma'], 'classWeights': network.get('classWeights'), **({'gain': network['gain']} if 'gain' in network else {}),
            **{key: network[key] for key in ('recipe', 'backbone', 'head', 'loss') if key in network}, 'options': network.get('options'), 'outputStride': network.get('outputStride', 8), 'imageSum': checksum(images), 'labelSum': checksum(labels)}


TINY_VALUES = ['conv1.weight', 'layer2.0.conv2.weight', 'depthwise.weight', 'aspp.1.0.weight', 'project.1.weight', 'classifier.weight', 'classifier.bias']


def with_loss(**terms):
    """The tiny network with options of the loss."""
    return {**DEEPLABV3['tiny'], 'frozen': (True,), 'values': TINY_VALUES, 'loss': terms}


WEIGHTS = [0.5, 1, 2, 0, 1.5, 0.25]
LOSSES = {
    'tiny, label smoothing': with_loss(labelSmoothing=0.1),
    'tiny, label smoothing and class weights': {**with_loss(labelSmoothing=0.2), 'classWeights': WEIGHTS},
    'tiny, hard pixels': with_loss(hardPixels=0.25),
    'tiny, hard pixels and class weights': {**with_loss(hardPixels=0.5, labelSmoothing=0.1), 'classWeights': WEIGHTS},
    'tiny, Dice': with_loss(diceLoss=3),
    'tiny, Lovász': with_loss(lovaszLoss=1),
    'auxiliary, every term': {**DEEPLABV3['auxiliary'], 'loss': {'labelSmoothing': 0.1, 'hardPixels': 0.5, 'diceLoss': 0.5, 'lovaszLoss': 0.5},
                              'values': ['backbone.layer3.0.bn3.weight', 'backbone.layer4.0.conv2.weight', 'classifier.4.weight', 'aux_classifier.4.bias']},
}

FAMILIES = {'deeplabv3': DEEPLABV3, 'adamw': ADAMW_NETWORKS, 'plus': PLUS, 'vgg': VGG_NETWORKS, 'v2': V2_NETWORKS, 'variants': VARIANTS, 'losses': LOSSES}


if __name__ == '__main__':
    folder = FOLDER / 'golden'
    folder.mkdir(exist_ok=True)
    write = lambda name, value: (folder / name).write_text(json.dumps(value) + '\n')
    for family in sys.argv[1:] or FAMILIES:
        members = FAMILIES[family]
        made = [trajectory(name, network, frozen) for name, network in members.items() for frozen in network['frozen']]
        (folder / f'{family}.bin').write_bytes(b''.join(values.tobytes() for _, samples in made for values in samples))
        write(f'{family}.json', {'networks': {name: network_entry(network) for name, network in members.items()}, 'trajectories': [entry for entry, _ in made]})
    write('training.json', {'steps': STEPS, 'batch': BATCH, 'momentum': MOMENTUM, 'weightDecay': WEIGHT_DECAY, 'auxiliaryLoss': AUXILIARY_LOSS})
