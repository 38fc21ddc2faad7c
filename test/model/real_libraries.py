"""Checkpoints by other libraries' own code, as their own scripts save them, with random weights, and the logits that this code gives. The
code is not part of this repository: clone it, and name the folders.

  python3 test/model/real_libraries.py write FOLDER [--vainf DIR] [--jfzhang95 DIR] [--kazuto1011 DIR] [--smp DIR] [--torchvision]
  npx tsx test/model/real_libraries.ts FOLDER      reads each, prints the errors of its logits or the refusal, and fine-tunes it for a step
  python3 test/model/real_libraries.py strict FOLDER [the same options]      loads each fine-tuned file into the library's module, strictly

Debian: python3-torch python3-torchvision. segmentation_models.pytorch also needs timm, huggingface_hub and safetensors.

FOLDER/cases.json names each network's file, its output strides, and the files of the logits, which PyTorch computed in float32: NHWC."""
import argparse
import json
import pathlib
import sys

import numpy as np
import torch
from torch.utils import model_zoo

import seeded

CLASSES, FINE_TUNED = 21, 2
ODD = [(97, 130), (122, 95)]
OF_SMP = [(112, 144), (80, 176)]  # its decoder takes multiples of 16 only


def with_seeded_weights(module):
    with torch.no_grad():
        for name, value in module.state_dict().items():
            if value.is_floating_point():
                value.copy_(torch.from_numpy(seeded.parameter(name, tuple(value.shape))))
    return module.eval()


class Network:
    """build(classes, stride) makes the library's module; logits(module, image) runs it without the last upsampling; save(module, path)
    saves it as the library's script does."""

    def __init__(self, name, build, logits, save, file='model.pth', strides=(16, 8), sizes=ODD, classes=CLASSES, refused=False):
        self.name, self.build, self.logits, self.save, self.file = name, build, logits, save, file
        self.strides, self.sizes, self.classes, self.refused = strides, sizes, classes, refused


def optimiser(module):
    return torch.optim.SGD(module.parameters(), lr=0.01, momentum=0.9)


def vainf(folder):
    sys.path.insert(0, folder)
    import network as vainf_network

    def save(module, path):
        sgd = optimiser(module)
        schedule = torch.optim.lr_scheduler.StepLR(sgd, step_size=10000, gamma=0.1)
        torch.save({'cur_itrs': 3, 'model_state': module.state_dict(), 'optimizer_state': sgd.state_dict(), 'scheduler_state': schedule.state_dict(), 'best_score': 0.0}, path)

    for head in ('deeplabv3', 'deeplabv3plus'):
        for backbone in ('resnet50', 'resnet101', 'mobilenet', 'hrnetv2_32', 'xception'):
            make = vainf_network.modeling.__dict__[f'{head}_{backbone}']
            # Its constructors take no other way to leave out the download of the backbone's weights.
            build = lambda classes, stride, make=make: make(num_classes=classes, output_stride=stride, pretrained_backbone=False)
            yield Network(f'VainF {head}_{backbone}', build, lambda module, x: module.classifier(module.backbone(x)), save, refused=backbone in ('hrnetv2_32', 'xception'))


def jfzhang95(folder):
    sys.path.insert(0, folder)
    model_zoo.load_url = lambda *_, **__: {}  # its backbones always load ImageNet's weights
    from modeling.backbone import drn
    from modeling.deeplab import DeepLab

    drn_d_54 = drn.drn_d_54
    drn.drn_d_54 = lambda norm: drn_d_54(norm, pretrained=False)

    def logits(module, x):
        x, low = module.backbone(x)
        return module.decoder(module.aspp(x), low)

    def save(module, path):
        torch.save({'epoch': 1, 'state_dict': module.state_dict(), 'optimizer': optimiser(module).state_dict(), 'best_pred': 0.0}, path)

    for backbone in ('resnet', 'mobilenet', 'xception', 'drn'):
        build = lambda classes, stride, backbone=backbone: DeepLab(backbone, stride, classes, sync_bn=False)
        yield Network(f'jfzhang95 {backbone}', build, logits, save, file='checkpoint.pth.tar', refused=backbone != 'resnet')


def kazuto1011(folder):
    sys.path.insert(0, folder)
    from libs import models

    networks = {'v2': models.DeepLabV2_ResNet101_MSC, 'v1': models.DeepLabV1_ResNet101, 'v3': models.DeepLabV3_ResNet101_MSC, 'v3+': models.DeepLabV3Plus_ResNet101_MSC}
    for version, make in networks.items():
        yield Network(f'kazuto1011 {version}', lambda classes, _, make=make: make(classes), lambda module, x: module.base(x),
                      lambda module, path: torch.save(module.state_dict(), path), file='checkpoint_final.pth', strides=(8,), refused=version != 'v2')


def smp(folder):
    sys.path.insert(0, folder)
    import segmentation_models_pytorch as library

    logits = lambda module, x: module.segmentation_head[0](module.decoder(module.encoder(x)))
    save = lambda module, path: module.save_pretrained(path.parent)

    def lightning(module, path):
        state = {f'model.{name}': value for name, value in module.state_dict().items()}
        torch.save({'epoch': 1, 'global_step': 10, 'pytorch-lightning_version': '2.1.0', 'state_dict': state, 'hyper_parameters': {'arch': 'DeepLabV3Plus'}}, path)

    def network(head, encoder, stride, classes=CLASSES, **more):
        def build(classes, stride):
            strides = {'encoder_output_stride': stride} if stride != default else {}
            return getattr(library, head)(encoder, encoder_weights=None, classes=classes, **strides)
        default = 8 if head == 'DeepLabV3' else 16
        name = f'smp {head} {encoder}, stride {stride}' + (', one class' if classes == 1 else '')
        given = {'file': 'model.safetensors', 'save': save, **more}
        return Network(name, build, logits, strides=(stride,), sizes=OF_SMP, classes=classes, **given)

    for encoder in ('resnet18', 'resnet34', 'resnet50', 'mobilenet_v2', 'tu-resnet50', 'tu-mobilenetv2_100'):
        for stride in (16, 8):
            yield network('DeepLabV3Plus', encoder, stride)
    for encoder in ('resnet34', 'resnet50', 'mobilenet_v2'):
        yield network('DeepLabV3', encoder, 8)
    yield network('DeepLabV3Plus', 'resnet34', 16, classes=1)
    yield network('DeepLabV3Plus', 'resnet34', 16, classes=1, file='lightning.ckpt', save=lightning)
    for encoder in ('resnext50_32x4d', 'efficientnet-b0', 'timm-efficientnet-b3', 'mit_b0'):
        if encoder in library.encoders.encoders:
            yield network('DeepLabV3Plus', encoder, 16, refused=True)
    yield Network('smp Unet resnet34', lambda classes, _: library.Unet('resnet34', encoder_weights=None, classes=classes), logits, save, file='model.safetensors', refused=True)


def torchvision(_):
    from torchvision.models import segmentation

    def save(module, path):
        sgd = optimiser(module)
        schedule = torch.optim.lr_scheduler.LambdaLR(sgd, lambda step: 0.5)
        args = argparse.Namespace(dataset='voc', lr=0.01, device='cpu', weights=None)
        torch.save({'model': module.state_dict(), 'optimizer': sgd.state_dict(), 'lr_scheduler': schedule.state_dict(), 'epoch': 1, 'args': args}, path)

    for name in ('fcn_resnet50', 'fcn_resnet101', 'deeplabv3_resnet50', 'deeplabv3_resnet101', 'deeplabv3_mobilenet_v3_large', 'lraspp_mobilenet_v3_large'):
        build = lambda classes, _, name=name: getattr(segmentation, name)(weights=None, weights_backbone=None, num_classes=classes)
        yield Network(f'torchvision {name}', build, lambda module, x: module.classifier(module.backbone(x)['out']), save, file='model_29.pth', strides=(8,), refused='mobilenet' in name)


LIBRARIES = {'vainf': vainf, 'jfzhang95': jfzhang95, 'kazuto1011': kazuto1011, 'smp': smp, 'torchvision': torchvision}


def write(folder, networks):
    cases = []
    for network in networks:
        own = folder / f'{len(cases):02}'
        own.mkdir(parents=True, exist_ok=True)
        module = with_seeded_weights(network.build(network.classes, network.strides[0]))
        network.save(module, own / network.file)
        views = []
        for stride in () if network.refused else network.strides:
            same = network.build(network.classes, stride)
            same.load_state_dict(module.state_dict())
            same.eval()
            for height, width in network.sizes:
                image = torch.from_numpy(seeded.image(height, width)).permute(0, 3, 1, 2)
                with torch.no_grad():
                    values = np.ascontiguousarray(network.logits(same, image).permute(0, 2, 3, 1).numpy().astype('<f4'))
                view = {'outputStride': stride, 'height': height, 'width': width, 'shape': values.shape, 'file': f'logits-{len(views)}'}
                (own / view['file']).write_bytes(values.tobytes())
                views.append(view)
        cases.append({'name': network.name, 'file': f'{own.name}/{network.file}', 'folder': own.name, 'views': views, 'refused': network.refused})
        print(network.name, [view['shape'] for view in views], flush=True)
        (folder / 'cases.json').write_text(json.dumps(cases))


def strict(folder, networks):
    sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / 'node'))
    from load_strict import read_safetensors

    folders = {case['name']: case['folder'] for case in json.loads((folder / 'cases.json').read_text())}
    for network in networks:
        if not network.refused:
            file = folder / folders[network.name] / 'fine-tuned' / 'model.safetensors'
            module = network.build(min(network.classes, FINE_TUNED), network.strides[0])
            module.load_state_dict(read_safetensors(file), strict=True)
            print(f'{network.name}: loaded, strict', flush=True)


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument('action', choices=('write', 'strict'))
    parser.add_argument('folder', type=pathlib.Path)
    for library in LIBRARIES:
        parser.add_argument(f'--{library}', **({'action': 'store_true'} if library == 'torchvision' else {}))
    args = parser.parse_args()
    networks = [network for library, make in LIBRARIES.items() if (given := getattr(args, library)) for network in make(given)]
    {'write': write, 'strict': strict}[args.action](args.folder, networks)
