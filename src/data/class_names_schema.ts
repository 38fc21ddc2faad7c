import * as v from 'valibot'

/** A mask has a byte for each pixel, and 255 in it means that a pixel is not to be scored. */
export const MOST_CLASSES = 255

/** Characters. */
const LONGEST_NAME = 200

/** Of a number of classes. */
export const CLASS_COUNT_TEXT = `2 to ${MOST_CLASSES}`

/** The names of a model's classes in the order of their ids: as many as masks can tell apart, none twice, each fit for a terminal. */
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
    names => names.length >= 2 && names.length <= MOST_CLASSES,
    ({ input }) => `expected ${CLASS_COUNT_TEXT} names; got ${input.length}`,
  ),
  v.check(
    names => new Set(names).size === names.length,
    ({ input }) => `the name ${JSON.stringify(firstRepeated(input))} comes twice`,
  ),
)

const firstRepeated = (names: readonly string[]) => names.find((name, index) => names.indexOf(name) !== index)
