// The rules for the names of a model's classes.

import * as v from 'valibot'
import { printable } from '../printable.ts'

/** A mask has a byte for each pixel, and the value 255 means that the pixel is not scored. */
export const MAX_CLASSES = 255

/** In characters. */
const LONGEST_NAME = 200

/** The allowed numbers of classes, for messages. */
export const CLASS_COUNT_TEXT = `2 to ${MAX_CLASSES}`

/**
 * The names of a model's classes in the order of their ids: as many as masks can tell apart, each fit for a terminal, no two the
 * same as far as `duplicateNames` can tell.
 */
export const CLASS_NAMES = v.pipe(
  v.array(
    v.pipe(
      v.string(),
      v.check(name => name.trim() !== '', 'expected the name of a class; got only white space'),
      v.maxLength(
        LONGEST_NAME,
        ({ input }) => `expected a name of at most ${LONGEST_NAME} characters; got ${input.length}`,
      ),
      v.check(
        name => !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(name),
        'expected a name without control characters',
      ),
    ),
  ),
  v.check(
    names => names.length >= 2 && names.length <= MAX_CLASSES,
    ({ input }) => `expected ${CLASS_COUNT_TEXT} names; got ${input.length}`,
  ),
  v.check(
    names => duplicateNames(names).length === 0,
    ({ input }) => duplicateNames(input)[0],
  ),
)

/**
 * A line for each name that several classes have. Upper and lower case count as the same, and space around a name does not
 * count.
 */
export function duplicateNames(names: readonly string[]): string[] {
  const ids = new Map<string, number[]>()
  for (const [id, name] of names.entries()) {
    const key = name.trim().toLowerCase()
    ids.set(key, [...(ids.get(key) ?? []), id])
  }
  return [...ids.values()]
    .filter(same => same.length > 1)
    .map(
      same => `classes ${printable(same.join(' and '))} have the same name, "${printable(names[same[0]])}"`,
    )
}
