// The text output of `atrous doctor`.

import { type Adapter, adapterName } from '../../bench/adapter.ts'
import type { KernelReport } from '../../bench/answers/kernel_check.ts'
import { table } from '../format.ts'

export function adapterText(
  adapter: Adapter,
  { tuned, verbose }: { tuned: number; verbose: boolean },
): string {
  const { software, features, limits } = adapter
  const rows = [
    row('adapter', adapterName(adapter)),
    row('kind', software ? 'software: it computes on the CPU, correctly but slowly' : 'hardware'),
    row(
      'tuned',
      tuned > 0 ? `${tuned} convolutions` : 'no: atrous tune measures which kernels are fastest here',
    ),
  ]
  if (!verbose) return rows.join('\n')
  const limitRows = Object.entries(limits).map(([name, value], i) =>
    row(i === 0 ? 'limits' : '', `${name} ${value.toLocaleString('en')}`),
  )
  return [...rows, row('features', features.join(', ')), row('lanes', lanesText(adapter)), ...limitRows].join(
    '\n',
  )
}

/** The lanes of a subgroup, and whether kernels use subgroups. */
function lanesText({ subgroupSize, subgroupSizes, reportedSubgroups }: Adapter): string {
  if (subgroupSize !== undefined) return `${subgroupSize} in each subgroup`
  if (subgroupSizes.length > 0) return `${subgroupSizes.join(' or ')} in each subgroup, as a kernel asks`
  if (!reportedSubgroups) return 'no subgroups'
  const [least, most] = reportedSubgroups
  const range = least === most ? `${least}, but runs others` : `${least} to ${most}`
  return `no subgroups are used: the GPU reports sizes of ${range}`
}

const row = (label: string, text: string) => `${label.padEnd(8)}  ${text}`

/** The name of a check. */
export const nameOf = ({ kernel, stored }: KernelReport) => (stored ? `${kernel} in ${stored}` : kernel)

/**
 * Counts kernels, not checks: a kernel that is wrong only in f16 is wrong. The worst error is that of f32, because rounding to
 * f16 hides it.
 */
function summary(reports: readonly KernelReport[]): string {
  const named = (matching: readonly KernelReport[]) => new Set(matching.map(({ kernel }) => kernel))
  const wrong = named(reports.filter(({ result }) => result === 'WRONG'))
  const right = named(reports.filter(({ kernel, result }) => result === 'ok' && !wrong.has(kernel)))
  const total = named(reports).size
  const idle = total - right.size - wrong.size
  const worst = Math.max(...reports.map(({ stored, worstError }) => (stored ? 0 : (worstError ?? 0))))
  return [
    `${right.size} of ${right.size + wrong.size} right`,
    `worst error ${worst.toFixed(2)} of what rounding explains`,
    ...(idle > 0 ? [`${idle} not run on this GPU`] : []),
  ].join(', ')
}

export function kernelsText(kernels: readonly KernelReport[], { verbose }: { verbose: boolean }): string {
  if (!verbose) return row('kernels', summary(kernels))
  const rows = kernels.map(report => [
    nameOf(report),
    report.result,
    report.reason ?? `worst error ${report.worstError!.toFixed(3)}`,
  ])
  return `\n${table(rows)}\n\n${row('kernels', summary(kernels))}`
}
