/** Red, green and blue, 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number]

/**
 * The colour of one class id (0 to 255) in PASCAL VOC's colour map, as in `VOClabelcolormap.m` of the VOC devkit. The id's bits,
 * lowest first, go in turn to red, green and blue, and each channel fills from its highest bit down. So small ids have very
 * different colours: 1 is (128, 0, 0), 2 is (0, 128, 0), 3 is (128, 128, 0), and 255, "do not score", is (224, 224, 192).
 */
export function vocColour(id: number): Colour {
  let [red, green, blue] = [0, 0, 0]
  for (let bit = 7, rest = id; rest > 0; bit--, rest >>= 3) {
    red |= (rest & 1) << bit
    green |= ((rest >> 1) & 1) << bit
    blue |= ((rest >> 2) & 1) << bit
  }
  return [red, green, blue]
}

/** All 256 colours of the VOC colour map, by class id. */
export const vocPalette: readonly Colour[] = Array.from({ length: 256 }, (_, id) => vocColour(id))

/** The default opacity of a class's colour over a photo. */
export const OPACITY = 0.55
