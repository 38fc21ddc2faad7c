// The controls of the options of a segmentation as plain data: each option that is declared has one.

import type * as v from 'valibot'
import { UserError } from '../../../src/errors.ts'
import { OPTION_TEXTS, REFINED_OPTIONS } from '../../../src/inference/inference_options.ts'
import {
  expectedText,
  flagName,
  optionFromText,
  REFINED_NAMES,
  type RefinedOption,
} from '../../../src/inference/option_texts.ts'
import type { Declared } from '../../../src/options.ts'

export interface Choice {
  value: string
  text: string
}

export interface Control {
  option: RefinedOption
  /** Of the element: the flag's name in the command. */
  id: string
  label: string
  /** What the option does. */
  title: string
  kind: 'select' | 'checkbox' | 'number' | 'text'
  choices: readonly Choice[]
  placeholder: string
  /** Whether the page shows it only where it is asked for more. */
  isRare: boolean
}

/** What a page offers of an option besides its values, and its words. Other options are rare. */
const OFFERED: Partial<Record<RefinedOption, { label?: string; choices?: readonly Choice[] }>> = {
  outputStride: { choices: [] }, // the network has them
  scales: {
    choices: [
      { value: '1', text: '1' },
      { value: '0.75,1,1.25', text: '0.75, 1, 1.25' },
      { value: '0.5,0.75,1,1.25,1.5,1.75', text: '0.5 … 1.75, as in the paper' },
    ],
  },
  flip: { label: 'Also mirrored' },
  crf: {
    label: 'Edges by a CRF',
    choices: [
      { value: '', text: 'None' },
      { value: 'default', text: 'Strong' },
      { value: 'v2', text: 'As in DeepLabv2' },
      { value: 'v2-vgg', text: 'As in DeepLabv2 on VGG-16' },
      { value: 'v1', text: 'As in DeepLabv1' },
    ],
  },
}

export const CONTROLS: readonly Control[] = REFINED_NAMES.map(controlOf)

function controlOf(option: RefinedOption): Control {
  const { schema }: Declared = REFINED_OPTIONS[option]
  const { about, byDefault = '' } = OPTION_TEXTS[option]
  const offered = OFFERED[option]
  const own =
    schema.type === 'picklist' ? (schema as v.PicklistSchema<readonly string[], undefined>).options : []
  const choices = offered?.choices ?? own.map(value => ({ value, text: value }))
  const isSelect = own.length > 0 || offered?.choices !== undefined
  const kind = isSelect
    ? 'select'
    : schema.type === 'boolean'
      ? 'checkbox'
      : schema.type === 'number'
        ? 'number'
        : 'text'
  const words = flagName(option).replaceAll('-', ' ')
  return {
    option,
    id: flagName(option),
    label: offered?.label ?? words.charAt(0).toUpperCase() + words.slice(1),
    title: about,
    kind,
    choices,
    placeholder: byDefault,
    isRare: offered === undefined,
  }
}

/** The value of an option that a control's text says; undefined for an empty one. Throws a UserError for a text that says none. */
export function valueIn({ option, label }: Control, text: string): unknown {
  if (text === '') return undefined
  const value = optionFromText(option, text)
  if (value === undefined) throw new UserError(`${label}: expected ${expectedText(option)}`)
  return value
}
