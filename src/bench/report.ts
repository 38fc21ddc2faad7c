// The facts of a GPU, as one JSON: `npm run report` writes it in Node, the bench page in a browser. The table in docs/speed.md is made of such files.

import type { TunedConvolution } from '../graph/tune/tune.ts'
import type { Adapter } from './adapter.ts'
import type { KernelReport } from './answers/kernel_check.ts'
import type { NetworkBench } from './network.ts'

export interface Report {
  /** The version of this package, and the commit; `changed` if files differed from the commit. */
  atrous: string
  commit: string
  changed?: boolean
  /** ISO 8601. */
  date: string
  /** Whether only small networks were measured, for software adapters. */
  small: boolean
  adapter: Adapter
  /** Names and versions of what runs the engine: Node and Dawn, or a browser as it describes itself. */
  runtime: Record<string, string>
  /** The machine, which a page does not know. */
  host?: Record<string, unknown>
  /** False if the report ended early. */
  finished: boolean
  steps: ReportSteps
}

/** A step's result, or the reason why there is none. */
export type ReportStep<Result> = { seconds: number } & ({ result: Result } | { error: string })

/** The steps that both have. Node has more: see bench/results/README.md. */
export interface ReportSteps {
  doctor?: ReportStep<{ kernels: KernelReport[] }>
  /** One for each network. */
  tune?: ReportStep<(Network & { measured: TunedConvolution[] })[]>
  networks?: ReportStep<{ model: string; results: (Omit<Network, 'model'> & NetworkBench)[] }[]>
}

interface Network {
  /** A shipped model, or a preset with random weights. */
  model: string
  size: number
  outputStride: number
}

/** The measurements of a report: each network on one photo of `size` × `size` pixels. */
export const reportNetworks = (small: boolean): readonly Network[] => (small ? SMALL : LARGE)

const SMALL: Network[] = [
  { model: 'scenes', size: 129, outputStride: 16 },
  { model: 'deeplabv3_mobilenet_v2', size: 257, outputStride: 16 },
]

const LARGE: Network[] = [
  ...SMALL,
  { model: 'deeplabv3_mobilenet_v2', size: 513, outputStride: 16 },
  { model: 'deeplabv3_resnet50', size: 513, outputStride: 16 },
  { model: 'deeplabv3_resnet50', size: 513, outputStride: 8 },
  { model: 'deeplabv3_resnet101', size: 513, outputStride: 8 },
]

/** ADAPTER-RUNTIME-DATE.json. The driver's version, which follows the name in parentheses or after a colon, is in the report. */
export function reportFileName({
  adapter,
  runtime,
  date,
}: Pick<Report, 'adapter' | 'runtime' | 'date'>): string {
  const { vendor, architecture, device, description } = adapter
  const name = description.split(/[(:]/)[0] || device || architecture
  const words = `${vendor} ${name} ${Object.keys(runtime)[0]}`.toLowerCase().match(/[a-z0-9.]+/g) ?? []
  return `${[...new Set(words)].join('-')}-${date.slice(0, 10)}.json`
}
