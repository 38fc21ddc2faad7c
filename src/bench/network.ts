// Times a whole network, from photos in memory to masks in memory.

import type { Gpu } from '../gpu/gpu.ts'
import type { KernelTime } from '../gpu/program.ts'
import { weightBytes } from '../graph/plan/plan.ts'
import type { TunedStrategies } from '../graph/tune/tuning_store.ts'
import type { RefinedOptions } from '../inference/inference_options.ts'
import { type Photo, Segmenter, type SegmenterModel } from '../inference/segmenter.ts'
import type { Ceilings } from './ceilings.ts'
import { benchKernels, type KernelBench } from './kernels.ts'
import { type Profile, profileOf } from './profile.ts'
import { type Repetition, repeat, type Summary, summary, timed } from './repeat.ts'

export interface NetworkMeasures {
  /** The number of measurements of each kind. Default: warm calls for two seconds and at least five, others for less. */
  runs?: number
  /** If given, each kernel is timed in the network and compared with these ceilings. Needs timestamps. */
  profile?: Ceilings
  /** If given, each kernel is timed by itself and compared with these ceilings. Needs timestamps. */
  kernels?: Ceilings
  /** The fastest strategies that were measured on this GPU. Default: none. */
  tuned?: TunedStrategies
  /** Called before each measurement with its name, and with its progress if it has several parts. */
  onStage?: (stage: NetworkStage, detail?: string) => void
}

export type NetworkStage = 'first call' | 'warm calls' | 'profile' | 'kernels'

export interface NetworkBench {
  milliseconds: {
    /** The first call, which also plans, uploads the weights and compiles. */
    first: number
    /** Later calls: upload of the photos' RGBA, one run, readback of the masks. */
    warm: Summary
  }
  /** The multiply-adds of a call, counting every tap of a convolution. */
  macs: number
  gpuBytes: {
    /** The activations. */
    arena: number
    weights: number
    /** The most memory at a time: in the first call, while weights are uploaded. */
    peak: number
  }
  profile?: Profile
  kernels?: KernelBench[]
}

/** Untimed calls before the timed ones: GPUs raise their clocks under load. */
const WARM_UP = { atLeast: 0, milliseconds: 500 }
const CALLS = { atLeast: 5, milliseconds: 2000 }
const PROFILES = { atLeast: 3, atMost: 20, milliseconds: 2000 }

/** All photos have one size. `gpu` must be new, so that its peak memory is this network's. */
export async function benchNetwork(
  gpu: Gpu,
  model: SegmenterModel,
  photos: Photo[],
  { runs, profile, kernels, tuned, onStage, crf, ...options }: NetworkMeasures & RefinedOptions,
): Promise<NetworkBench> {
  const segmenter = new Segmenter(gpu, model, tuned)
  try {
    const plan = await segmenter.plan(photos, options)
    const call = () => timed(() => segmenter.segment(photos, { ...options, crf }))
    onStage?.('first call')
    const first = await call()
    onStage?.('warm calls')
    await repeat(call, WARM_UP)
    const exactly = runs ? { atLeast: runs, milliseconds: 0 } : undefined
    const warm = await repeat(call, exactly ?? CALLS)
    const bench: NetworkBench = {
      milliseconds: { first, warm: summary(warm) },
      macs: plan.steps.reduce((sum, { kernel: { macs = 0 } }) => sum + macs, 0),
      gpuBytes: { arena: plan.arenaBytes, weights: weightBytes(plan), peak: gpu.memory.peakBytes },
    }
    if (profile) {
      onStage?.('profile')
      bench.profile = profileOf(
        await profiles(() => segmenter.profile(photos, options), exactly ?? PROFILES),
        profile,
      )
    }
    if (kernels) {
      const onProgress = (done: number, total: number) => onStage?.('kernels', `${done} of ${total}`)
      bench.kernels = await benchKernels(gpu, plan.steps, {
        ceilings: kernels,
        repetition: exactly,
        onProgress,
      })
    }
    return bench
  } finally {
    await segmenter.dispose()
  }
}

async function profiles(
  profile: () => Promise<KernelTime[]>,
  repetition: Repetition,
): Promise<KernelTime[][]> {
  const found: KernelTime[][] = []
  const measure = async () => {
    found.push(await profile())
  }
  await repeat(() => timed(measure), repetition)
  return found
}
