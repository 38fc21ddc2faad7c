// The panel of the view: how a picture is segmented.

import type { InferenceOptions, RefinedOptions } from '../../../src/inference/inference_options.ts'
import { outputStrides } from '../../../src/model/config.ts'
import type { DeepLab } from '../../../src/web/index.ts'
import { byId, make, select } from '../dom.ts'
import { type Choice, CONTROLS, type Control, valueIn } from './controls.ts'

type ControlElement = HTMLInputElement | HTMLSelectElement

const optionOf = ({ value, text }: Choice) => make('option', { value, textContent: text })

const elements = CONTROLS.map(control => [control, elementOf(control)] as const)

function elementOf({ id, kind, title, choices, placeholder }: Control): ControlElement {
  if (kind !== 'select')
    return make('input', { id, title, placeholder, type: kind, step: 'any', autocomplete: 'off' })
  return make('select', { id, title }, ...choices.map(optionOf))
}

const rows = ([{ id, kind, label }, element]: (typeof elements)[number]): Node[] =>
  kind === 'checkbox'
    ? [make('label', { className: 'check' }, element, ` ${label}`)]
    : [make('label', { htmlFor: id, textContent: label }), element]

byId('options', HTMLElement).append(
  ...elements.filter(([{ isRare }]) => !isRare).flatMap(rows),
  make(
    'details',
    {},
    make('summary', { textContent: 'More options' }),
    ...elements.filter(([{ isRare }]) => isRare).flatMap(rows),
  ),
)

/** The control of an option. */
export const elementFor = (option: keyof RefinedOptions): ControlElement =>
  elements.find(([control]) => control.option === option)![1]

const textOf = (element: ControlElement): string =>
  element instanceof HTMLInputElement && element.type === 'checkbox' ? String(element.checked) : element.value

/** How photos are segmented. Throws a UserError that names a control whose value is none. */
export const settings = (): RefinedOptions =>
  Object.fromEntries(
    elements.map(([control, element]) => [control.option, valueIn(control, textOf(element))]),
  )

/** How the camera's frames are segmented, and a photo without tiles and CRF. Throws as `settings` does. */
export function networkSettings(): InferenceOptions {
  const { tile: _, overlap: __, crf: ___, ...network } = settings()
  return network
}

/** Offers a model's output strides, its own first chosen. */
export function offerStrides({ config }: DeepLab): void {
  const strides = outputStrides(config)
  const element = select('output-stride')
  element.replaceChildren(
    ...strides.map(stride => optionOf({ value: String(stride), text: strideText(stride, strides) })),
  )
  element.value = String(config.outputStride)
}

function strideText(stride: number, strides: readonly number[]): string {
  if (strides.length === 1) return String(stride)
  if (stride === strides[0]) return `${stride} (finest, slowest)`
  return stride === strides.at(-1) ? `${stride} (coarsest, fastest)` : String(stride)
}

export function onSettings(change: () => void): void {
  for (const [, element] of elements) element.addEventListener('change', change)
}
