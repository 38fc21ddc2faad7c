"""Weights and images from a hash of (name, element index). seeded_weights.ts makes the same values, bit for bit."""
import numpy as np


def uniform(name, shape, low, high):
    """float32 array, uniform in [low, high)."""
    seed = 0x811C9DC5  # FNV-1a of the name
    for byte in name.encode('ascii'):
        seed = ((seed ^ byte) * 0x01000193) & 0xFFFFFFFF
    x = np.arange(np.prod(shape), dtype=np.uint32) * np.uint32(0x9E3779B9) + np.uint32(seed)
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x7FEB352D)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x846CA68B)
    x ^= x >> np.uint32(16)
    return (low + (high - low) * ((x >> np.uint32(8)) / 2**24)).astype(np.float32).reshape(shape)


def parameter(name, shape):
    """A parameter in PyTorch's layout. Its name and rank determine its range."""
    if len(shape) == 4:
        # Half the variance of He's rule, so that 33 residual units do not overflow; twice it for depthwise, so that ReLU6 clips at both ends.
        bound = np.sqrt((12 if shape[1] == 1 else 3) / np.prod(shape[1:]))
        return uniform(name, shape, -bound, bound)
    if name.endswith(('.bias', '.running_mean')):
        return uniform(name, shape, -0.2, 0.2)
    # Half as much in Xception, where no ReLU6 stands after a depthwise convolution, so that 21 blocks do not overflow.
    return uniform(name, shape, *((0.25, 0.75) if name.endswith('.bn_dw.weight') else (0.5, 1.5)))


def image(height, width):
    """A normalised image (1, height, width, 3)."""
    return uniform('image', (1, height, width, 3), -2, 2)
