// The chart of a training run, as SVG: loss, mean IoU and learning rate over its steps.

import type { LineSeriesOption } from 'echarts/charts'
import type { TrainingStep } from '../../library/trainer_base.ts'
import { heading, INK, MARGIN, PALETTE, panelTitle, renderSvg, type Series, stack } from '../chart.ts'
import { LineChart, ScatterChart, use } from '../echarts.ts'
import { percentText } from '../format.ts'
import type { Validation } from './train_metrics.ts'

use([LineChart, ScatterChart])

type Point = [step: number, value: number]

interface Curves {
  title: string
  /** A smaller line below the title. */
  subtitle: string
  /** In order; at least one. */
  steps: readonly TrainingStep[]
  /** Empty if the run has no validation: then their panel is left out. */
  validations: readonly Validation[]
}

interface Panel {
  title: string
  /** Height of the plot area in pixels. */
  height: number
  axisText?: (value: number) => string
  series: Series[]
}

/** The colours of the lines. */
export const COLOUR = { loss: PALETTE.blue, meanIoU: PALETTE.green, learningRate: PALETTE.brown }

/**
 * The most points in a line: more are not distinguishable at this width, and would make the file of a long run megabytes large.
 */
const MAX_POINTS = 600

/** The share of the steps over which the loss is smoothed, and the fewest steps on each side. */
const SMOOTHED_SHARE = 0.05
const LEAST_REACH = 3

/**
 * The axis ends at the largest smoothed loss times this factor. Single steps above are left out: one of them could flatten the
 * rest.
 */
const HEADROOM = 1.25

export function drawCurves({ title, subtitle, steps, validations }: Curves): string {
  const lastStep = steps.at(-1)!.step
  const panels = [lossPanel(steps), ...meanIoUPanel(validations, lastStep), learningRatePanel(steps)]
  const { tops, height } = stack(panels.map(({ height }) => height))
  const titles = panels.map(({ title }, i) => panelTitle(title, tops[i]))
  return renderSvg(
    { ...axesOf(panels, tops, lastStep), title: [heading(title, subtitle), ...titles] },
    height,
  )
}

/** Each step as a faint point, and the running mean as a line. */
function lossPanel(steps: readonly TrainingStep[]): Panel {
  const losses = steps.map(({ step, loss }): Point => [step, loss])
  const reach = Math.max(LEAST_REACH, Math.round((steps.length * SMOOTHED_SHARE) / 2))
  const smoothed = runningMean(losses, reach)
  const highest = HEADROOM * Math.max(...thinned(smoothed).map(([, loss]) => loss))
  return {
    title: `Loss · points: single steps · line: mean over ${2 * reach + 1} steps`,
    height: 250,
    series: [
      {
        type: 'scatter',
        data: thinned(losses).filter(([, loss]) => loss <= highest),
        symbolSize: 3.5,
        itemStyle: { color: COLOUR.loss, opacity: 0.25 },
      },
      line(thinned(smoothed), COLOUR.loss),
    ],
  }
}

function meanIoUPanel(validations: readonly Validation[], lastStep: number): Panel[] {
  const scores = validations.flatMap(({ step, mIoU }): Point[] => (mIoU === null ? [] : [[step, mIoU * 100]]))
  if (scores.length === 0) return []
  const best = scores.reduce((a, b) => (b[1] > a[1] ? b : a))
  const label = `best: ${percentText(best[1] / 100)}, step ${best[0]}`
  return [
    {
      title: 'Mean IoU in validation, in percent',
      height: 170,
      series: [
        { ...line(scores, COLOUR.meanIoU), symbol: 'circle', symbolSize: 5 },
        {
          type: 'scatter',
          data: [best],
          symbolSize: 11,
          z: 3,
          itemStyle: { color: 'white', opacity: 1, borderColor: COLOUR.meanIoU, borderWidth: 2.5 },
          label: { show: true, formatter: label, ...labelPlace(best, lastStep), color: COLOUR.meanIoU },
        },
      ],
    },
  ]
}

function learningRatePanel(steps: readonly TrainingStep[]): Panel {
  const rates = steps.map(({ step, learningRate }): Point => [step, learningRate])
  return {
    title: 'Learning rate',
    height: 70,
    axisText: rate => String(Number(rate.toPrecision(3))),
    series: [line(thinned(rates), COLOUR.learningRate)],
  }
}

function line(data: Point[], color: string): LineSeriesOption {
  return { type: 'line', data, symbol: 'none', lineStyle: { color, width: 2 }, itemStyle: { color } }
}

/** Places a label above its point and within the chart. */
function labelPlace([step]: Point, lastStep: number) {
  const align = step < lastStep * 0.15 ? 'left' : step > lastStep * 0.85 ? 'right' : 'center'
  return { position: 'top', align } as const
}

/** Stacked panels over one axis of steps, which only the lowest panel labels. */
function axesOf(panels: readonly Panel[], tops: readonly number[], lastStep: number) {
  const { left, right } = MARGIN
  const isLowest = (i: number) => i === panels.length - 1
  return {
    grid: panels.map(({ height }, i) => ({ left, right, top: tops[i], height })),
    xAxis: panels.map((_, i) => ({
      ...({ type: 'value', gridIndex: i, min: 0, max: lastStep, minInterval: 1 } as const),
      ...({ name: isLowest(i) ? 'step' : '', nameLocation: 'middle', nameGap: 32 } as const),
      nameTextStyle: { fontSize: 12.5, color: INK.text },
      axisLabel: { show: isLowest(i), color: INK.text, hideOverlap: true, formatter: String },
      axisLine: { onZero: false, lineStyle: { color: INK.frame } },
      axisTick: { show: isLowest(i), lineStyle: { color: INK.frame } },
      splitLine: { show: false },
    })),
    yAxis: panels.map(({ height, axisText }, i) => ({
      ...({ type: 'value', gridIndex: i, min: 0, splitNumber: Math.round(height / 45) } as const),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { color: INK.text, formatter: axisText },
      splitLine: { lineStyle: { color: INK.grid } },
    })),
    series: panels.flatMap(({ series }, i) =>
      series.map(each => ({ ...each, xAxisIndex: i, yAxisIndex: i, silent: true })),
    ),
  }
}

/** Replaces each value by the mean of itself and of up to `reach` values on either side. */
function runningMean(points: readonly Point[], reach: number): Point[] {
  const sums = [0]
  for (const [, value] of points) sums.push(sums.at(-1)! + value)
  return points.map(([step], i) => {
    const [from, to] = [Math.max(0, i - reach), Math.min(points.length, i + reach + 1)]
    return [step, (sums[to] - sums[from]) / (to - from)]
  })
}

/** Every n-th point and the last, MAX_POINTS at most. */
function thinned(points: readonly Point[]): Point[] {
  const every = Math.ceil(points.length / (MAX_POINTS - 1))
  return points.filter((_, i) => i % every === 0 || i === points.length - 1)
}
