// `atrous doctor`: shows the GPU, and checks that it computes correctly.

import { Command } from 'commander'
import { type Adapter, adapterName, describeAdapter } from '../../bench/adapter.ts'
import { answersByShader, checkName, checkStored } from '../../bench/answers/check_kernels.ts'
import type { KernelReport } from '../../bench/answers/kernel_check.ts'
import { UserError } from '../../errors.ts'
import { NoAdapterError } from '../../gpu/errors.ts'
import type { Gpu } from '../../gpu/gpu.ts'
import { openGpu } from '../../node/gpu/dawn.ts'
import { driverAdvice } from '../../node/gpu/driver_advice.ts'
import { openTuning } from '../../node/tuning.ts'
import { table } from '../format.ts'
import { countBar } from '../progress.ts'
import { loadKnownAnswers } from './known_answers.ts'

const NOTES = `
Each kernel runs on small inputs with known outputs. Errors are in units of what
rounding explains, so an error above 1 is wrong. If the GPU supports f16, the
kernels of networks run a second time with their numbers stored as f16, as with
\`--precision fp16\`. The exit code is 1 if a kernel is wrong or if there is no
GPU; without a GPU, a line says what to install.

Examples:
  atrous doctor              the GPU, and whether it computes correctly
  atrous doctor --verbose    its features and limits, and each kernel
  atrous doctor --json       everything, for a bug report`

interface Options {
  verbose?: boolean
  json?: true
}

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Prints the GPU in use, and checks every kernel on it.')
    .option('--verbose', "print the GPU's features and limits, and each kernel's worst error")
    .option('--json', 'print an object')
    .addHelpText('after', NOTES)
    .action(doctor)
}

async function doctor({ verbose = false, json }: Options): Promise<void> {
  const gpu = await openGpu().catch(error => {
    const isNamed = Boolean(process.env.ATROUS_GPU) // then the error says which names there are
    throw error instanceof NoAdapterError && !isNamed ? new UserError(driverAdvice) : error
  })
  try {
    const adapter = describeAdapter(gpu)
    const tuned = (await openTuning(gpu)).variants.size
    if (!json) console.log(adapterText(adapter, { tuned, verbose }))
    const kernels = await checkAll(gpu)
    console.log(
      json ? JSON.stringify({ adapter, tuned, kernels }, undefined, 2) : kernelsText(kernels, { verbose }),
    )
    const wrong = kernels.filter(({ result }) => result === 'WRONG').map(checkName)
    if (wrong.length > 0)
      throw new UserError(
        `${wrong.length} of ${kernels.length} checks of kernels give wrong results on this GPU (${wrong.join(', ')}): update its driver, and if that does not help, report it with the output of "atrous doctor --json"`,
      )
  } finally {
    gpu.destroy()
  }
}

async function checkAll(gpu: Gpu): Promise<KernelReport[]> {
  const kernels = answersByShader(await loadKnownAnswers())
  const reports: KernelReport[] = []
  const bar = countBar(kernels.size, 'kernels', { shown: true })
  for (const answers of kernels.values()) {
    reports.push(...(await checkStored(gpu, answers)))
    bar.step()
  }
  bar.stop()
  return reports
}

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
    checkName(report),
    report.result,
    report.reason ?? `worst error ${report.worstError!.toFixed(3)}`,
  ])
  return `\n${table(rows)}\n\n${row('kernels', summary(kernels))}`
}
