// PyTorch with torchvision, where it is installed.

import { execFileSync } from 'node:child_process'

/** Debian's, which has PyTorch as a package; a python3 found first on the path may be another. */
export const PYTHON = '/usr/bin/python3'

export function hasTorchvision(): boolean {
  try {
    execFileSync(PYTHON, ['-c', 'import torch, torchvision'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
