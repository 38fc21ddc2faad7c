// The option --crf of commands that run a network on photos.

import { InvalidArgumentError, Option } from 'commander'
import { CRF_TEXTS, type CrfOption, crfFromText, crfPresets } from '../crf/crf_parameters.ts'
import { UserError } from '../errors.ts'

const NAMES = Object.keys(crfPresets)

export function crfValue(text: string): CrfOption {
  try {
    const option = crfFromText(text)
    if (option) return option
  } catch (error) {
    if (error instanceof UserError) throw new InvalidArgumentError(error.message)
    throw error
  }
  throw new InvalidArgumentError(`Expected ${CRF_TEXTS}.`)
}

export const crfOption = (what = 'refine masks by a fully connected CRF'): Option =>
  new Option('--crf [parameters]', `${what}: ${NAMES.join(', ')}, or pos_w,pos_xy,bi_w,bi_xy,bi_rgb`)
    .preset('default')
    .argParser(crfValue)
