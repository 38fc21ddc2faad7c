// Parses the values of options. Commander puts the option's name before an error message.

import { InvalidArgumentError, Option } from 'commander'
import { PRECISION } from '../inference/precision.ts'
import { MAX_CHANNELS } from '../kernels/layout.ts'
import { MAX_NETWORK_SIZE } from '../model/preprocessing.ts'

/** A limit above any useful count, and small enough for exact arithmetic. */
const LARGEST_COUNT = 1e9

export function positiveInteger(text: string): number {
  if (!/^\d+$/.test(text) || Number(text) < 1)
    throw new InvalidArgumentError('Expected a whole number above 0.')
  if (Number(text) > LARGEST_COUNT)
    throw new InvalidArgumentError(`Expected a whole number of at most ${LARGEST_COUNT}.`)
  return Number(text)
}

/** What `--channels` says of a dataset. */
export const CHANNELS_TEXT =
  'the images are no photos but have n channels of their own, 1 to 8: TIFF, .npy, or other files that have as many'

/** The channels of an image that is no photo. */
export function channelCount(text: string): number {
  if (!/^\d+$/.test(text) || Number(text) < 1 || Number(text) > MAX_CHANNELS)
    throw new InvalidArgumentError(`Expected a whole number from 1 to ${MAX_CHANNELS}.`)
  return Number(text)
}

/** `257,513` */
export const positiveIntegers = (text: string): number[] => text.split(',').map(positiveInteger)

/** A square's side, `513`, or height and width, `360x480`. */
export function imageSize(text: string): { height: number; width: number } {
  const [height, width = height, ...rest] = text
    .split('x')
    .map(part => (/^\d+$/.test(part) ? Number(part) : 0))
  if (height < 1 || width < 1 || rest.length > 0)
    throw new InvalidArgumentError('Expected pixels, such as 513, or height and width, such as 360x480.')
  if (height > MAX_NETWORK_SIZE || width > MAX_NETWORK_SIZE)
    throw new InvalidArgumentError(`Expected at most ${MAX_NETWORK_SIZE} pixels.`)
  return { height, width }
}

/** Factors on the image size, `0.5,1,1.5`. */
function scaleList(text: string): number[] {
  const scales = text.split(',').map(part => (part.trim() === '' ? Number.NaN : Number(part)))
  if (!scales.every(scale => scale > 0 && scale <= 4))
    throw new InvalidArgumentError('Expected factors above 0, at most 4, such as 0.5,1,1.5.')
  return scales
}

export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Expected a whole number.')
  if (!Number.isSafeInteger(Number(text)))
    throw new InvalidArgumentError(`Expected a whole number of at most ${Number.MAX_SAFE_INTEGER}.`)
  return Number(text)
}

export function number(text: string): number {
  if (text.trim() === '' || !Number.isFinite(Number(text)))
    throw new InvalidArgumentError('Expected a number.')
  return Number(text)
}

/** From 0 to 1. */
export function share(text: string): number {
  const value = number(text)
  if (value < 0 || value > 1) throw new InvalidArgumentError('Expected a number from 0 to 1.')
  return value
}

/** A smallest and a largest factor, `0.5,2`. */
export function scaleRange(text: string): [number, number] {
  const scales = scaleList(text)
  if (scales.length !== 2 || scales[0] > scales[1])
    throw new InvalidArgumentError('Expected two factors, the smaller first, such as 0.5,2.')
  return [scales[0], scales[1]]
}

/** `balanced`, or a number for each class, `1,2,0.5`. */
export function classWeights(text: string): 'balanced' | number[] {
  return text === 'balanced' ? text : text.split(',').map(number)
}

/** A strength, `0.5`, or one for brightness, contrast, saturation and hue, `0.4,0.4,0.4,0.1`. */
export function colourJitter(text: string): number | [number, number, number, number] {
  const [brightness, contrast, saturation, hue, ...rest] = text.split(',').map(number)
  if (contrast === undefined) return brightness
  if (hue === undefined || rest.length > 0)
    throw new InvalidArgumentError('Expected one number or four, such as 0.5 or 0.4,0.4,0.4,0.1.')
  return [brightness, contrast, saturation, hue]
}

/** `bicycle,chair` */
export const nameList = (text: string): string[] => text.split(',').map(name => name.trim())

/** The option of commands that run a network on photos. */
export const precisionOption = (): Option =>
  new Option('--precision <kind>', 'fp16 takes half the memory, and is faster on GPUs with f16')
    .choices(PRECISION.schema.options)
    .default('fp32')
