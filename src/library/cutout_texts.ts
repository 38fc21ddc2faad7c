// The options of a cut-out as texts, in the command and in the URL of a request.

import type { Colour } from '../data/palette.ts'
import { UserError } from '../errors.ts'
import { shown } from '../options.ts'

/** The word for all classes but the background. */
const ALL = 'all'

/**
 * Names of classes with commas between, or `all`, which gives undefined. Throws a UserError that begins with `name` for a class that is not
 * among the model's.
 */
export function keptClasses(name: string, text: string, classNames: readonly string[]): string[] | undefined {
  if (text === ALL) return undefined
  const classes = text.split(',').map(each => each.trim())
  const unknown = classes.find(each => !classNames.includes(each))
  if (unknown === undefined) return classes
  throw new UserError(`${name}: ${shown(unknown)} is none of ${[ALL, ...classNames].join(', ')}`)
}

/** `blur`, or a colour such as #ffffff. Undefined for another text. */
export function plainBackground(text: string): 'blur' | Colour | undefined {
  if (text === 'blur') return text
  const hex = /^#([\da-f]{2})([\da-f]{2})([\da-f]{2})$/i.exec(text)
  if (!hex) return undefined
  const [red, green, blue] = hex.slice(1).map(digits => Number.parseInt(digits, 16))
  return [red, green, blue]
}
