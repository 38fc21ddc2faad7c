import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Font } from 'opentype.js'

/** Text comes with its own font: a bare server has none, and what is left to the system's fonts vanishes there. */
const FONT = '@fontsource/dejavu-sans/files/dejavu-sans-latin-400-normal.woff'

const require = createRequire(import.meta.url)

let loadedFont: Font | undefined

/** The font and its reader are loaded when the first text is drawn: most programs and commands draw none. */
function font(): Font {
  loadedFont ??= openFont()
  return loadedFont
}

function openFont(): Font {
  const opentype: typeof import('opentype.js') = require('opentype.js')
  return opentype.parse(Uint8Array.from(readFileSync(require.resolve(FONT))).buffer)
}

/**
 * Text as SVG path data, from x on along the baseline y, and how far it runs, all in pixels. Glyph by glyph, without kerning:
 * opentype.js's own layout throws on this font's substitution tables.
 */
export function textPath(text: string, { x, y, size }: { x: number; y: number; size: number }) {
  let path = ''
  let width = 0
  for (const character of text) {
    const glyph = font().charToGlyph(character)
    path += glyph.getPath(x + width, y, size).toPathData(2)
    width += (glyph.advanceWidth! * size) / font().unitsPerEm
  }
  return { path, width }
}
