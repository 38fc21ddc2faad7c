// The tools of the teach panel, and the settings of the one that is chosen.

import { byId, input, select } from '../dom.ts'

const TOOLS = ['brush', 'eraser', 'rectangle', 'fill', 'class'] as const
export type Tool = (typeof TOOLS)[number]

const choices = TOOLS.map(name => ({ name, radio: input(`tool-${name}`) }))
const size = input('brush')
const tolerance = input('tolerance')
const brushClass = select('class')
/** What belongs to some tools only. */
const rows = [
  { row: byId('brush-row', HTMLElement), of: ['brush', 'eraser'] },
  { row: byId('tolerance-row', HTMLElement), of: ['fill'] },
]

export const tools = {
  get chosen(): Tool {
    return choices.find(({ radio }) => radio.checked)!.name
  },

  /** The id of the class that is painted. */
  get label(): number {
    return Number(brushClass.value)
  },

  /** In pixels: the brush's size is in thousandths of the photo's width. */
  radius(width: number): number {
    return Math.max(1, (Number(size.value) / 1000) * width)
  },

  /** How much a channel of a pixel may differ from the clicked one's, to be filled: 0 to 255. */
  get tolerance(): number {
    return Number(tolerance.value)
  },

  /** What a saved lesson keeps of them. */
  get settings(): { brush: number; tolerance: number } {
    return { brush: Number(size.value), tolerance: Number(tolerance.value) }
  },

  set settings(kept) {
    size.value = String(kept.brush)
    tolerance.value = String(kept.tolerance)
  },
}

function showRows(): void {
  for (const { row, of } of rows) row.hidden = !of.includes(tools.chosen)
}
for (const { radio } of choices) radio.addEventListener('change', showRows)
showRows()
