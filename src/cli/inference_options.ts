// The options of commands that run a network on photos, for the model and its input.

import { type Command, InvalidArgumentError, Option } from 'commander'
import type * as v from 'valibot'
import { UserError } from '../errors.ts'
import {
  INFERENCE_OPTIONS,
  type InferenceOptions,
  OPTION_TEXTS,
  REFINED_OPTIONS,
  type RefinedOptions,
} from '../inference/inference_options.ts'
import {
  expectedText,
  flagName,
  optionFromText,
  REFINED_NAMES,
  type RefinedOption,
} from '../inference/option_texts.ts'
import { checkTogether } from '../inference/views.ts'
import type { Declared } from '../options.ts'
import { DEFAULT_MODEL } from './model.ts'
import { precisionOption } from './options.ts'

const INFERENCE_NAMES = REFINED_NAMES.filter(name => name in INFERENCE_OPTIONS)

/** The flag of an option. `about`: what it means in this command. */
export function optionFlag(name: RefinedOption, about = OPTION_TEXTS[name].about): Option {
  const { value, preset, byDefault, expected } = OPTION_TEXTS[name]
  const flag = `--${flagName(name)}`
  const help = [about, expected && `: ${expected}`, byDefault && ` (default: ${byDefault})`]
  const option = new Option(
    value === undefined ? flag : preset === undefined ? `${flag} <${value}>` : `${flag} [${value}]`,
    help.join(''),
  )
  if (value === undefined) return option
  if (preset !== undefined) option.preset(preset)
  const { schema }: Declared = REFINED_OPTIONS[name]
  if (schema.type === 'picklist')
    return option.choices((schema as v.PicklistSchema<readonly string[], undefined>).options)
  return option.argParser(text => parsed(name, text))
}

/** The flag of an option of which a command takes several values, with commas between them. */
export const severalFlag = (name: RefinedOption, about: string): Option =>
  optionFlag(name, about).argParser(text => text.split(',').map(part => parsed(name, part)))

/** Commander puts the flag and the text before the message. */
function parsed(name: RefinedOption, text: string): unknown {
  try {
    const value = optionFromText(name, text)
    if (value !== undefined) return value
  } catch (error) {
    throw error instanceof UserError ? new InvalidArgumentError(error.message) : error
  }
  throw new InvalidArgumentError(`Expected ${expectedText(name)}.`)
}

/** Adds options. `about`: what they mean in this command. They are checked together before the command does anything. */
export function addOptions(
  command: Command,
  names: readonly RefinedOption[],
  about: Partial<Record<RefinedOption, string>> = {},
): Command {
  for (const name of names) command.addOption(optionFlag(name, about[name]))
  return command.hook('preAction', (_, action) => checkTogether(action.opts(), name => `--${flagName(name)}`))
}

/** The options that a model is loaded with, and those of the network. */
export function addNetworkOptions(command: Command): Command {
  command.option(
    '-m, --model <model>',
    'a name of `atrous weights list`, a checkpoint, its folder or its URL',
    DEFAULT_MODEL,
  )
  return addOptions(command, INFERENCE_NAMES)
    .addOption(
      new Option(
        '--upsampling <how>',
        "how results are enlarged: by half pixels, as PyTorch does, or with aligned corners, as TensorFlow does (default: the model's)",
      ).choices(['half-pixels', 'aligned-corners']),
    )
    .addOption(precisionOption())
}

/** The options of `segment` and `evaluate`. */
export function addInferenceOptions(command: Command): Command {
  addNetworkOptions(command)
  for (const name of REFINED_NAMES) if (!INFERENCE_NAMES.includes(name)) command.addOption(optionFlag(name))
  return command
}

const picked = (options: RefinedOptions, names: readonly RefinedOption[]) =>
  Object.fromEntries(names.map(name => [name, options[name]]))

/** A command's options that the library takes for a network. */
export const inferenceOf = (options: InferenceOptions): InferenceOptions => picked(options, INFERENCE_NAMES)

/** A command's options that the library takes for a class map. */
export const refinedOf = (options: RefinedOptions): RefinedOptions => picked(options, REFINED_NAMES)
