import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Font } from 'opentype.js'

/** The font is part of the package: on a bare server without fonts, text in a system font would be missing. */
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
 * Text as SVG path data, from x along the baseline y, and its width, all in pixels. Drawn glyph by glyph, without kerning:
 * opentype.js's own layout fails on this font's substitution tables.
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
