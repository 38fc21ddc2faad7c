// The chart of a bench, as SVG: warm calls, cold starts, and the time of each kernel.

import type { BarSeriesOption } from 'echarts/charts'
import { adapterName } from '../../bench/adapter.ts'
import type { Profile } from '../../bench/profile.ts'
import { heading, INK, PALETTE, panelTitle, renderSvg, type Series, stack } from '../chart.ts'
import { BarChart, ScatterChart, use } from '../echarts.ts'
import { digits } from '../format.ts'
import type { ColdStart } from './bench_cold_start.ts'
import type { BenchResult } from './bench_jobs.ts'
import { type BenchReport, ceilingsText, jobText } from './bench_text.ts'

use([BarChart, ScatterChart])

interface Panel {
  title: string
  /** A label for each row of bars. */
  rows: string[]
  series: Series[]
}

/** The left edge of titles. Bars begin further right, after their labels. */
const LEFT = 28
const STAGES = { modules: PALETTE.brown, model: PALETTE.green, mask: PALETTE.blue }
const BARS = { left: 240, right: 310 }
const ROW = { height: 26, bar: 15 }

export function drawBench({ model, adapter, ceilings, results }: BenchReport): string {
  const panels = [
    warmPanel(results),
    ...firstMaskPanel(results),
    ...results.flatMap(result => (result.profile ? [profilePanel(result, result.profile)] : [])),
  ]
  const { tops, height } = stack(panels.map(heightOf))
  const titles = panels.map(({ title }, i) => panelTitle(title, tops[i], LEFT))
  const subtitle = [adapterName(adapter), ...(ceilings ? [ceilingsText(ceilings)] : [])].join(' · ')
  return renderSvg({ ...axesOf(panels, tops), title: [heading(model, subtitle, LEFT), ...titles] }, height)
}

function warmPanel(results: readonly BenchResult[]): Panel {
  const bars = results.map(({ milliseconds: { warm }, imagesPerSecond }) => ({
    value: warm.median,
    label: `${digits(warm.median)} ms · minimum ${digits(warm.minimum)} · ${digits(imagesPerSecond)} images/s`,
  }))
  return {
    title: 'Warm calls, photo to mask, in ms · bar: median · mark: minimum',
    rows: results.map(jobText),
    series: [
      barSeries(bars, PALETTE.blue),
      {
        type: 'scatter',
        symbol: 'rect',
        symbolSize: [2.5, ROW.bar],
        z: 3,
        data: results.map(({ milliseconds: { warm } }, row) => [warm.minimum, row]),
        itemStyle: { color: INK.title, opacity: 1 },
      },
    ],
  }
}

/** The stages of a cold start. Each begins when the one before ends. */
function firstMaskPanel(results: readonly BenchResult[]): Panel[] {
  const starts = results.flatMap(({ milliseconds: { cold }, ...job }) => (cold ? [{ ...job, cold }] : []))
  if (starts.length === 0) return []
  const stage = (name: keyof typeof STAGES, label: (cold: ColdStart) => string) => {
    const bars = starts.map(({ cold }) => ({ value: cold[name], label: label(cold) }))
    return { ...barSeries(bars, STAGES[name]), stack: 'stages' }
  }
  const sum = ({ modules, model, mask, total }: ColdStart) =>
    `${digits(total)} ms = ${[modules, model, mask].map(digits).join(' + ')}`
  return [
    {
      title: 'A process from its start to its first mask, in ms · modules + checkpoint and GPU + first call',
      rows: starts.map(jobText),
      series: [stage('modules', () => ''), stage('model', () => ''), stage('mask', sum)],
    },
  ]
}

function profilePanel(job: BenchResult, { shaders }: Profile): Panel {
  const bars = shaders.map(
    ({ milliseconds: value, share, gflops, gigabytesPerSecond, ofCeiling, boundBy }) => {
      const rate = boundBy === 'memory' ? `${digits(gigabytesPerSecond)} GB/s` : `${digits(gflops)} GFLOP/s`
      return {
        value,
        label: `${digits(100 * share)} % · ${rate} · ${digits(100 * ofCeiling)} % of the ceiling`,
      }
    },
  )
  return {
    title: `Kernels, in ms of the GPU's time · ${jobText(job)}`,
    rows: shaders.map(({ shader }) => shader),
    series: [barSeries(bars, PALETTE.green)],
  }
}

const barSeries = (bars: { value: number; label: string }[], color: string): BarSeriesOption => ({
  type: 'bar',
  barWidth: ROW.bar,
  itemStyle: { color },
  data: bars.map(({ value, label: formatter }) => ({ value, label: { formatter } })),
  label: { show: true, position: 'right', color: INK.text, fontSize: 12 },
})

const heightOf = ({ rows }: Panel) => rows.length * ROW.height

function axesOf(panels: readonly Panel[], tops: readonly number[]) {
  return {
    grid: panels.map((panel, i) => ({ ...BARS, top: tops[i], height: heightOf(panel) })),
    xAxis: panels.map((_, i) => ({
      ...({ type: 'value', gridIndex: i, min: 0, splitNumber: 4 } as const),
      axisLabel: { color: INK.text, hideOverlap: true },
      splitLine: { lineStyle: { color: INK.grid } },
    })),
    yAxis: panels.map(({ rows }, i) => ({
      ...({ type: 'category', gridIndex: i, data: rows, inverse: true } as const),
      axisLabel: { color: INK.text },
      axisLine: { lineStyle: { color: INK.frame } },
      axisTick: { show: false },
    })),
    series: panels.flatMap(({ series }, i) =>
      series.map(each => ({ ...each, xAxisIndex: i, yAxisIndex: i, silent: true })),
    ),
  }
}
