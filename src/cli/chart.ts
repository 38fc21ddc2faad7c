// Shared parts of charts: their style, stacked panels, and the output as SVG.

import type { BarSeriesOption, LineSeriesOption, ScatterSeriesOption } from 'echarts/charts'
import type { GridComponentOption, TitleComponentOption } from 'echarts/components'
import type { ComposeOption } from 'echarts/core'
import { GridComponent, init, SVGRenderer, TitleComponent, use } from './echarts.ts'

use([GridComponent, TitleComponent, SVGRenderer])

export type Series = LineSeriesOption | ScatterSeriesOption | BarSeriesOption
type ChartOption = ComposeOption<Series | GridComponentOption | TitleComponentOption>

/** The width of every chart in pixels. */
const WIDTH = 960
export const MARGIN = { left: 68, right: 36, top: 96, bottom: 56 }
/** The space between two panels, which holds the title of the lower one. */
const GAP = 56

export const INK = { title: '#222', text: '#555', frame: '#bbb', grid: '#eee' }
export const PALETTE = { blue: '#3b6ea8', green: '#2f8168', brown: '#a8763b' }
const FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', Helvetica, Arial, sans-serif"

/** The text of an SVG. */
export function renderSvg(option: ChartOption, height: number): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height })
  try {
    chart.setOption<ChartOption>({
      ...option,
      animation: false,
      backgroundColor: 'white',
      textStyle: { fontFamily: FONT },
    })
    return chart.renderToSVGString()
  } finally {
    chart.dispose()
  }
}

/** A chart's title, and a line below it in small print. */
export function heading(text: string, subtext: string, left = MARGIN.left): TitleComponentOption {
  const fit = { width: WIDTH - left - MARGIN.right, overflow: 'truncate' } as const
  return {
    text,
    subtext,
    left,
    top: 14,
    padding: 0,
    itemGap: 7,
    textStyle: { fontSize: 18, fontWeight: 600, color: INK.title, ...fit },
    subtextStyle: { fontSize: 12, color: INK.text, ...fit },
  }
}

/** A title above the panel that begins at `top`. */
export const panelTitle = (text: string, top: number, left = MARGIN.left): TitleComponentOption => ({
  text,
  left,
  top: top - 22,
  padding: 0,
  textStyle: { fontSize: 12.5, fontWeight: 600, color: INK.text },
})

/** The top of each panel when panels of these heights are stacked, and the height of the chart. */
export function stack(heights: readonly number[]): { tops: number[]; height: number } {
  const tops: number[] = []
  let top = MARGIN.top
  for (const height of heights) {
    tops.push(top)
    top += height + GAP
  }
  return { tops, height: top - GAP + MARGIN.bottom }
}
