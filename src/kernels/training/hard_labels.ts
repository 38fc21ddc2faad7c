import type { Kernel } from '../../gpu/kernel.ts'
import { workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import type { Shape } from '../layout.ts'
import { classMapWords } from '../resizing/upsample_argmax.ts'

interface HardLabelsOptions {
  label: string
  /** Shape of the labels, [n, height, width, 1]. */
  shape: Shape
  /** How many pixels stay, of all images together: at least one. */
  hard: number
  ignoreIndex: number
}

/** Labels, `pixelLosses`, and both results of their sort → the labels of the pixels with the largest losses; all others are ignored. */
export function hardLabels({ label, shape, hard, ignoreIndex }: HardLabelsOptions): Kernel {
  const [n, height, width] = shape
  const words = n * classMapWords(height, width)
  const list = n * height * width * 4
  return {
    label,
    shader: shaders.hard_labels,
    params: { words, size: height * width, first_hard: n * height * width - hard, ignore_index: ignoreIndex },
    inputs: { labels: words * 4, losses: list, sorted_losses: list, sorted_pixels: list },
    outputs: { hard_labels: words * 4 },
    workgroups: workgroupsFor(shaders.hard_labels, words),
  }
}
