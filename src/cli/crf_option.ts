// The option --crf of commands that run a network on photos.

import { InvalidArgumentError, Option } from 'commander'
import { type CrfOption, crfParameters, crfPresets } from '../crf/crf_parameters.ts'
import { UserError } from '../errors.ts'

const NAMES = Object.keys(crfPresets)

/** Published parameters by name, or `3,1,4,67,3`: pos_w, pos_xy, bi_w, bi_xy and bi_rgb. */
export function crfValue(text: string): CrfOption {
  const name = NAMES.find(name => name === text)
  if (name) return name as CrfOption
  const numbers = text.split(',').map(part => (part.trim() === '' ? Number.NaN : Number(part)))
  if (numbers.length !== 5 || numbers.some(Number.isNaN))
    throw new InvalidArgumentError(
      `Expected ${NAMES.join(', ')}, or five numbers: pos_w,pos_xy,bi_w,bi_xy,bi_rgb.`,
    )
  const [posW, posXy, biW, biXy, biRgb] = numbers
  try {
    return crfParameters({ posW, posXy, biW, biXy, biRgb })
  } catch (error) {
    if (error instanceof UserError) throw new InvalidArgumentError(error.message)
    throw error
  }
}

export const crfOption = (what = 'refine masks by a fully connected CRF'): Option =>
  new Option('--crf [parameters]', `${what}: ${NAMES.join(', ')}, or pos_w,pos_xy,bi_w,bi_xy,bi_rgb`)
    .preset('default')
    .argParser(crfValue)
