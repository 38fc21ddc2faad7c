// The panel of the view: how a picture is segmented.

import type { DeepLab } from '../../src/web/index.ts'
import { input, make, select } from './dom.ts'

const outputStride = select('output-stride')
const scales = select('scales')
const flip = input('flip')

/** Strides that are fast enough for a page. */
const STRIDES = [8, 16, 32]

export interface Settings {
  outputStride: number
  scales: number[]
  flip: boolean
}

export const settings = (): Settings => ({
  outputStride: Number(outputStride.value),
  scales: scales.value.split(',').map(Number),
  flip: flip.checked,
})

/** Offers a model's output strides, its own first chosen. */
export function offerStrides({ config }: DeepLab): void {
  const strides = [...new Set([...STRIDES, config.outputStride])].sort((a, b) => a - b)
  outputStride.replaceChildren(
    ...strides.map(stride => make('option', { value: String(stride), textContent: strideText(stride) })),
  )
  outputStride.value = String(config.outputStride)
}

function strideText(stride: number): string {
  if (stride === 8) return '8 (finest, slowest)'
  return stride === 32 ? '32 (coarsest, fastest)' : String(stride)
}

export function onSettings(change: () => void): void {
  for (const control of [outputStride, scales, flip]) control.addEventListener('change', change)
}
