// Measures the palettes of mask files and of overlays: `npx tsx scripts/palette/main.ts`.

import { displayPalette, vocPalette } from '../../src/data/palette.ts'
import { lightness, nearest, visions } from './distances.ts'

const PALETTES = { "VOC's": vocPalette, displayed: displayPalette }
/** The classes of CamVid and of PASCAL VOC. */
const COUNTS = [11, 21]

for (const [name, palette] of Object.entries(PALETTES)) {
  for (const count of COUNTS) {
    const texts = visions.map(vision => {
      const { distance, pair } = nearest(palette.slice(0, count), vision)
      return `${vision} ${distance.toFixed(1)} (${pair.join(' and ')})`
    })
    console.log(`${name}, ${count} colours, nearest by CIEDE2000: ${texts.join(', ')}`)
  }
  const measured = palette.slice(0, COUNTS[1]).map(lightness)
  const [darkest, palest] = [measured.map(m => m.lightness), measured.map(m => m.chroma)].map(all =>
    Math.min(...all).toFixed(2),
  )
  console.log(`${name}: lightness from ${darkest}, chroma from ${palest}`)
}
