// `atrous doctor`: what GPU there is, and whether it computes correctly.

import { Command } from 'commander'
import { UserError } from '../errors.ts'
import { NoAdapterError } from '../gpu/errors.ts'
import { storedBuffers } from '../gpu/float16_storage.ts'
import type { Gpu } from '../gpu/gpu.ts'
import { openGpu } from '../node/dawn.ts'
import { driverAdvice } from '../node/driver_advice.ts'
import { openTuning } from '../node/tuning.ts'
import { type Adapter, adapterName, describeAdapter } from './adapter.ts'
import { table } from './format.ts'
import { checkFloat16, checkKernel, type KernelReport } from './kernel_check.ts'

const NOTES = `
Each kernel runs on small inputs whose outputs are known; its worst error is
printed in units of what rounding explains, so that above 1 is wrong. Those of
networks run a second time with their numbers stored as f16, as \`--precision
fp16\` has them, where the GPU can. Exit code 1 where a kernel is wrong, or
where there is no GPU: then a line says what to install.`

export function doctorCommand(): Command {
  return new Command('doctor')
    .summary('see which GPU there is, and whether it computes correctly')
    .description('Prints the GPU that is used, its features and limits, and checks every kernel on it.')
    .option('--json', 'print an object')
    .addHelpText('after', NOTES)
    .action(doctor)
}

async function doctor({ json }: { json?: true }): Promise<void> {
  const gpu = await openGpu().catch(error => {
    throw error instanceof NoAdapterError ? new UserError(driverAdvice) : error
  })
  try {
    const adapter = describeAdapter(gpu)
    const tuned = (await openTuning(gpu)).variants.size
    if (!json) console.log(`${adapterText(adapter, tuned)}\n`)
    const kernels = await checkAll(gpu)
    console.log(json ? JSON.stringify({ adapter, tuned, kernels }, undefined, 2) : kernelsText(kernels))
    const wrong = kernels.filter(({ result }) => result === 'WRONG').map(nameOf)
    if (wrong.length > 0)
      throw new UserError(
        `${wrong.length} of ${kernels.length} kernels compute wrong results on this GPU (${wrong.join(', ')}): update its driver, and if that does not help, report it with the output of "atrous doctor --json"`,
      )
  } finally {
    gpu.destroy()
  }
}

async function checkAll(gpu: Gpu): Promise<KernelReport[]> {
  const { knownAnswers } = await import('./known_answers.ts') // large, and no other command needs it
  const reports: KernelReport[] = []
  for (const answer of knownAnswers)
    for (const shader of answer.shaders) {
      reports.push(await checkKernel(gpu, shader, answer))
      if (storedBuffers({ shader }).size > 0) reports.push(await checkFloat16(gpu, shader, answer))
    }
  return reports
}

function adapterText(adapter: Adapter, tuned: number): string {
  const { software, features, limits } = adapter
  const kind = software ? 'software: it computes on the CPU, correctly but slowly' : 'hardware'
  return table([
    ['adapter', adapterName(adapter)],
    ['kind', kind],
    [
      'tuned',
      tuned > 0 ? `${tuned} convolutions` : 'no: atrous tune measures which kernels are fastest here',
    ],
    ['features', features.join(', ')],
    ...Object.entries(limits).map(([name, value], i) => [
      i === 0 ? 'limits' : '',
      `${name} ${value.toLocaleString('en')}`,
    ]),
  ])
}

const nameOf = ({ kernel, stored }: KernelReport) => (stored ? `${kernel} in ${stored}` : kernel)

function kernelsText(kernels: KernelReport[]): string {
  const rows = kernels.map(report => [
    nameOf(report),
    report.result,
    report.reason ?? `worst error ${report.worstError!.toFixed(3)}`,
  ])
  const fine = kernels.every(({ result }) => result !== 'WRONG')
  return `${table(rows)}${fine ? '\n\nEvery kernel computes what it should.' : ''}`
}
