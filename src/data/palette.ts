/** Red, green and blue, 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number]

/**
 * The colour of one class id (0 to 255) in PASCAL VOC's colour map, as in `VOClabelcolormap.m` of the VOC devkit. The id's bits,
 * lowest first, go in turn to red, green and blue, and each channel fills from its highest bit down. So small ids have very
 * different colours: 1 is (128, 0, 0), 2 is (0, 128, 0), 3 is (128, 128, 0), and 255, "do not score", is (224, 224, 192).
 */
function vocColour(id: number): Colour {
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

/**
 * Colours for overlays and legends, by class id: bright, and told apart also by colour-blind people. `scripts/palette/main.ts` measures them: no
 * two of the 21 are as near as CIEDE2000 8.6 under normal, protan, deutan and tritan vision, and no two of the first 11 as near as 12; of
 * VOC's own colours two are at 0.7, and class 8 is nearly black. They were searched for, among colours of an OKLab lightness from 0.55 to
 * 0.95 and a chroma from 0.09.
 */
const bright: readonly Colour[] = [
  [149, 170, 106],
  [149, 0, 255],
  [234, 21, 0],
  [106, 255, 255],
  [191, 191, 0],
  [85, 191, 170],
  [85, 128, 64],
  [170, 149, 234],
  [212, 255, 0],
  [191, 106, 170],
  [191, 255, 191],
  [212, 191, 255],
  [191, 149, 42],
  [64, 149, 106],
  [170, 106, 255],
  [191, 0, 170],
  [149, 212, 149],
  [255, 170, 191],
  [212, 21, 128],
  [234, 128, 149],
  [234, 234, 128],
]

/** Mixed half with white. */
export const lighter = ([red, green, blue]: Colour): Colour => [
  Math.round((red + 255) / 2),
  Math.round((green + 255) / 2),
  Math.round((blue + 255) / 2),
]

/**
 * The colours of overlays and legends, by class id. Mask files have VOC's. So many as follow the first 21 cannot all be told apart: they are
 * VOC's, lighter.
 */
export const displayPalette: readonly Colour[] = vocPalette.map((colour, id) => bright[id] ?? lighter(colour))

/** The default opacity of a class's colour over a photo. */
export const OPACITY = 0.55
