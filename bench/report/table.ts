// The table of GPUs in docs/speed.md, made of the reports in bench/results.

import { adapterName } from '../../src/bench/adapter.ts'
import type { Report } from '../../src/bench/report.ts'

const COLUMNS: { heading: string; model: string; size: number; outputStride: number }[] = [
  { heading: 'MobileNetV2, 257²', model: 'deeplabv3_mobilenet_v2', size: 257, outputStride: 16 },
  { heading: 'MobileNetV2, 513²', model: 'deeplabv3_mobilenet_v2', size: 513, outputStride: 16 },
  { heading: 'ResNet-50, 513²', model: 'deeplabv3_resnet50', size: 513, outputStride: 16 },
  { heading: 'ResNet-50, 513², output stride 8', model: 'deeplabv3_resnet50', size: 513, outputStride: 8 },
]

/** Lines of Markdown: a row for each report. Times are medians of warm calls, from photo to mask. */
export function reportTable(reports: readonly Report[]): string {
  const headings = [
    'GPU and driver',
    'runs in',
    'kernels',
    ...COLUMNS.map(({ heading }) => heading),
    'report',
  ]
  const rows = reports.map(report => [
    `${adapterName(report.adapter)}${report.adapter.software ? ' (software)' : ''}`,
    runtimeName(report.runtime),
    kernelsText(report),
    ...COLUMNS.map(column => timeText(report, column)),
    `${report.date.slice(0, 10)}, ${report.commit.slice(0, 7)}${report.changed ? ' with changes' : ''}`,
  ])
  return [headings, headings.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')
}

function kernelsText({ steps: { doctor } }: Report): string {
  if (!doctor || !('result' in doctor)) return 'not checked'
  const run = doctor.result.kernels.filter(({ result }) => result !== 'not run')
  const wrong = run.filter(({ result }) => result === 'WRONG')
  if (wrong.length === 0) return `${run.length} right`
  return `**${wrong.length} of ${run.length} wrong**: ${wrong.map(({ kernel }) => kernel).join(', ')}`
}

function timeText(
  { steps: { networks } }: Report,
  { model, size, outputStride }: (typeof COLUMNS)[number],
): string {
  if (!networks || !('result' in networks)) return '–'
  const found = networks.result
    .filter(network => network.model === model)
    .flatMap(({ results }) => results)
    .find(result => result.size === size && result.outputStride === outputStride)
  if (!found) return '–'
  const { median } = found.milliseconds.warm
  return median < 1000 ? `${median.toPrecision(3)} ms` : `${(median / 1000).toPrecision(3)} s`
}

/** Browsers by what they say of themselves. Chromium's relatives also name Chrome and Safari, so the order matters. */
const BROWSERS: [name: string, version: RegExp][] = [
  ['Edge', /Edg\/([\d.]+)/],
  ['Chrome', /Chrome\/(\d+)/],
  ['Firefox', /Firefox\/([\d.]+)/],
  ['Safari', /Version\/([\d.]+).*Safari/],
]

export function runtimeName(runtime: Report['runtime']): string {
  if (!runtime.browser)
    return Object.entries(runtime)
      .map(([name, version]) => `${name[0].toUpperCase()}${name.slice(1)} ${version.replace(/^v/, '')}`)
      .join(', ')
  for (const [name, version] of BROWSERS) {
    const found = version.exec(runtime.browser)
    if (found) return `${name} ${found[1]}`
  }
  return runtime.browser
}
