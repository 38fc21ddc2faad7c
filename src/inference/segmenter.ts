// From photos to class maps: a network with its weights on a GPU, and a plan for each size of photo.

import { Mutex } from '../concurrency.ts'
import { UserError } from '../errors.ts'
import type { Gpu } from '../gpu/gpu.ts'
import type { PrepareOptions } from '../gpu/pipelines.ts'
import type { KernelTime } from '../gpu/program.ts'
import { tensorBytes } from '../graph/ir/tensor_bytes.ts'
import { loadPlan } from '../graph/plan/load_plan.ts'
import type { Plan, PlanTarget } from '../graph/plan/plan.ts'
import type { Executor, RunOptions } from '../graph/runtime/executor.ts'
import { WeightStore } from '../graph/runtime/weight_store.ts'
import type { TunedConvolution, TuneOptions } from '../graph/tune/tune.ts'
import type { TunedStrategies } from '../graph/tune/tuning_store.ts'
import type { Precision } from '../kernels/layout.ts'
import type { DeepLabConfig } from '../model/config.ts'
import type { Preprocessing } from '../model/preprocessing.ts'
import { type ClassMap, masksOf, scoresOf } from './class_map.ts'
import { ExecutorCache } from './executor_cache.ts'
import { hasLogits, type InferenceJob, inferenceGraph, type PhotoSize } from './inference_graph.ts'
import { InferenceJobs } from './inference_jobs.ts'
import type { InferenceOptions, OutputOptions, RefinedOptions } from './inference_options.ts'
import { type GpuClassMap, type GpuPhoto, type GpuSegmentOptions, runToMask } from './on_gpu.ts'
import { inputOf, ownSize, type Photo, pixelsOf } from './photo.ts'
import { precisionOn } from './precision.ts'
import type { Refinement } from './refined_map.ts'
import type { ScoreMap } from './score_map.ts'
import type { Tiled, TiledModel } from './tiled_map.ts'
import { checkInferenceOptions } from './views.ts'

export type { GpuClassMap, GpuPhoto, InferenceOptions, Photo, PhotoSize }

/** The network that runs on photos. */
export interface SegmenterModel {
  config: DeepLabConfig
  preprocessing: Preprocessing
  /** Every parameter of the config's network by name, in its checkpoint's layout. */
  parameters: ReadonlyMap<string, Float32Array>
  /** Default: fp32. */
  precision?: Precision
}

type WarmUpOptions = InferenceOptions & OutputOptions & PrepareOptions

export class Segmenter {
  readonly #gpu: Gpu
  readonly #config: DeepLabConfig
  readonly #preprocessing: Preprocessing
  readonly #parameters: ReadonlyMap<string, Float32Array>
  readonly #precision: Precision
  readonly #tuned: TunedStrategies
  readonly #jobs: InferenceJobs
  #weights: WeightStore
  readonly #executors: ExecutorCache
  /** Calls wait for each other, because a call that needs a new plan may destroy another call's plan. */
  readonly #lock = new Mutex()
  #disposed = false
  /** Tunings wait for each other, and `dispose` waits for them, because they have buffers of their own. */
  readonly #tuning = new Mutex()
  readonly #end = new AbortController()

  /**
   * `tuned` has the fastest strategies that were measured on this GPU. `tune` adds to it.
   * Throws a UserError if the GPU cannot store numbers at the model's precision.
   */
  constructor(gpu: Gpu, model: SegmenterModel, tuned: TunedStrategies = new Map()) {
    this.#gpu = gpu
    this.#config = model.config
    this.#preprocessing = model.preprocessing
    this.#parameters = model.parameters
    this.#precision = precisionOn(gpu, model.precision)
    this.#tuned = tuned
    this.#jobs = new InferenceJobs(model, this.#target)
    this.#weights = new WeightStore(gpu, model.parameters)
    this.#executors = new ExecutorCache(gpu)
  }

  /**
   * A class map for each photo. All photos must have the same sizes. They run in parts if the GPU cannot bind the maps of all of
   * them. Throws a UserError for options that make no sense, and if the result is too large for the GPU or larger than
   * MAX_SCORE_BYTES, and the signal's reason between two submits.
   */
  async segment(
    photos: Photo[],
    options: RefinedOptions &
      OutputOptions &
      Pick<Tiled, 'signal' | 'onTile'> &
      Pick<Refinement, 'onIteration'> = {},
  ): Promise<ClassMap[]> {
    const {
      output = 'mask',
      at = 'photo',
      signal,
      crf,
      onIteration,
      tile,
      overlap,
      onTile,
      ...inference
    } = options
    const { alignCorners } = this.#config
    this.check(options)
    if (tile !== undefined)
      return this.#segmentTiled(photos, inference, { tile, overlap, output, at, signal, onTile })
    if (crf !== undefined)
      return this.#segmentRefined(photos, inference, { output, at, signal, crf, alignCorners, onIteration })
    const job = this.#jobs.withOutput(photos, { output, at, ...inference })
    return this.#lock.run(async () => {
      const maps: ClassMap[] = []
      for (let first = 0; first < photos.length; first += job.batch) {
        const part = photos.slice(first, first + job.batch)
        maps.push(...(await this.#segmentPart(part, { ...job, batch: part.length }, { output, at, signal })))
      }
      return maps
    })
  }

  /** The CRF takes most of the time, so photos run one by one. The network's plan is that of probabilities. */
  async #segmentRefined(photos: Photo[], options: InferenceOptions, refinement: Refinement) {
    const { checkRefinement, refinedMap } = await import('./refined_map.ts') // a page need not load it before it uses a CRF
    checkRefinement(refinement)
    const { at, signal } = refinement
    const job = this.#jobs.withOutput(photos.slice(0, 1), { ...options, output: 'probabilities', at })
    return this.#lock.run(async () => {
      const maps: ClassMap[] = []
      for (const photo of photos)
        maps.push(
          await refinedMap(this.#gpu, await this.#executor(job, signal), { photo, job, ...refinement }),
        )
      return maps
    })
  }

  /** Windows run one by one, each as a photo of its own. */
  async #segmentTiled(photos: Photo[], { size, ...options }: InferenceOptions, tiled: Tiled) {
    const { tiledMaps } = await import('./tiled_map.ts') // a page need not load it before it uses tiles
    const { alignCorners, classes, outputStride } = this.#config
    const model: TiledModel = {
      ...{ alignCorners, classes, preprocessing: this.#preprocessing },
      outputStride: options.outputStride ?? outputStride,
      jobOf: (window, size) => this.#jobs.of([ownSize(window)], { ...options, size }),
      scoreBytes: job => tensorBytes(inferenceGraph(this.#config, job).outputs[1]),
      executorOf: job => this.#executor(job),
    }
    return this.#lock.run(() => tiledMaps(this.#gpu, model, { photos, size, ...tiled }))
  }

  async #segmentPart(
    photos: Photo[],
    job: InferenceJob,
    output: Required<OutputOptions> & Pick<RunOptions, 'signal'>,
  ): Promise<ClassMap[]> {
    const executor = await this.#executor(job, output.signal)
    const photo = pixelsOf(photos, this.#preprocessing)
    const found = await executor.run({ photo }, { signal: output.signal })
    const maps = masksOf(executor.plan, found)
    if (!job.withScores) return maps
    const scores = scoresOf(executor.plan, found)
    for (const [i, map] of maps.entries()) map.scores = await this.#resampled(scores[i], job, output)
    return maps
  }

  /**
   * The class map of a photo, which is not read back. Resolves when the work is submitted, before the GPU has done it. The buffer is
   * the caller's to release by `Gpu.release`. Throws as `segment` does, and a UserError if `into` is too small.
   */
  async segmentOnGpu(photo: Photo | GpuPhoto, options: GpuSegmentOptions = {}): Promise<GpuClassMap> {
    const { at = 'photo', into, signal, mean, ...inference } = options
    const own = this.#jobs.of([photo], inference)
    const job: InferenceJob = mean ? { ...own, maskAt: 'network', withScores: true } : { ...own, maskAt: at }
    return this.#lock.run(async () => {
      const executor = await this.#executor(job, signal)
      const input = inputOf(photo, this.#preprocessing)
      if (!mean) return runToMask(this.#gpu, executor, { photo: input }, { into, signal })
      const { alignCorners } = this.#config
      return mean.add(this.#gpu, executor, { photo, input, at, alignCorners, into, signal })
    })
  }

  async #resampled(
    scores: ScoreMap,
    job: InferenceJob,
    { output, at, signal }: Required<OutputOptions> & Pick<RunOptions, 'signal'>,
  ) {
    const { photo } = job
    const whole = { width: photo.originalWidth, height: photo.originalHeight }
    const { width, height } = at === 'network' ? scores : whole
    const softmax = output === 'probabilities' && hasLogits(job)
    const { alignCorners } = this.#config
    const { resampleScores } = await import('./class_scores.ts')
    return resampleScores(this.#gpu, scores, { width, height, softmax, alignCorners, signal })
  }

  /** Makes the plans of photos ready, each of several of one size: `segment` of them with the same options starts at once. */
  async warmUp(
    photos: PhotoSize[][],
    { output = 'mask', at = 'photo', onProgress, signal, ...inference }: WarmUpOptions = {},
  ): Promise<void> {
    const jobs = photos.map(alike => this.#jobs.withOutput(alike, { output, at, ...inference }))
    return this.#lock.run(async () => {
      const plans = await Promise.all(jobs.map(job => this.#plan(job)))
      const kernels = plans.flatMap(({ steps }) => steps.map(({ kernel }) => kernel))
      await this.#gpu.pipelines.prepare(kernels, { onProgress, signal })
      for (const job of jobs) {
        signal?.throwIfAborted()
        await this.#executor(job)
      }
    })
  }

  /** Throws a UserError for options that make no sense for this network. */
  check(options: RefinedOptions): void {
    checkInferenceOptions(this.#config, options)
  }

  /** The plan for photos of these sizes, or for as many of them as run at once, without running it. */
  async plan(photos: PhotoSize[], options: InferenceOptions = {}): Promise<Plan> {
    return this.#plan(this.#jobs.of(photos, options))
  }

  async #plan(job: InferenceJob): Promise<Plan> {
    return loadPlan(inferenceGraph(this.#config, job), this.#target)
  }

  /**
   * Measures which kernels are fastest for photos of these sizes. Later plans run them. Other calls may run in between; they
   * wait for one measurement at most.
   */
  tune(photos: PhotoSize[], options: TuneOptions & InferenceOptions = {}): Promise<TunedConvolution[]> {
    return this.#tuning.run(() => this.#tune(photos, options))
  }

  async #tune(
    photos: PhotoSize[],
    { seconds, signal, onProgress, onlyNew, ...options }: TuneOptions & InferenceOptions,
  ): Promise<TunedConvolution[]> {
    this.#throwIfDisposed()
    const ends = [this.#end.signal, ...(signal ? [signal] : [])]
    const { tune } = await import('../graph/tune/tune.ts') // a page need not load it before it tunes
    const found = await tune(this.#gpu, (await this.plan(photos, options)).graph, {
      seconds,
      onProgress,
      onlyNew,
      tuned: this.#tuned,
      signal: AbortSignal.any(ends),
      turn: work => this.#lock.run(work),
    })
    const changed = found.filter(({ convolution, untuned, fastest }) => {
      const before = this.#tuned.get(convolution) ?? untuned
      this.#tuned.set(convolution, fastest)
      return before !== fastest
    })
    if (changed.length > 0) await this.#lock.run(() => this.#release())
    return found
  }

  /**
   * The GPU's own time of each kernel for these photos, in milliseconds. If no photos of these sizes were segmented before, the times include
   * the work that a driver does at a kernel's first run. Of photos that run in parts, it measures the first part.
   */
  async profile(photos: Photo[], options: InferenceOptions = {}): Promise<KernelTime[]> {
    const job = this.#jobs.of(photos, options)
    return this.#lock.run(async () => {
      const photo = pixelsOf(photos.slice(0, job.batch), this.#preprocessing)
      return (await this.#executor(job)).profile({ photo })
    })
  }

  /** Ends tuning, and waits for the calls under way. Nothing can be segmented after it. */
  async dispose(): Promise<void> {
    this.#end.abort()
    await this.#tuning.run(() => undefined)
    await this.#lock.run(async () => {
      this.#disposed = true
      await this.#release()
    })
  }

  #throwIfDisposed(): void {
    if (this.#disposed) throw new UserError('this model was disposed of: load it again')
  }

  get #target(): PlanTarget {
    return { device: this.#gpu, policy: { tuned: this.#tuned }, precision: this.#precision }
  }

  /** Frees all plans and weights on the GPU. Later calls make new ones. */
  async #release(): Promise<void> {
    await this.#executors.clear()
    this.#weights.destroy()
    this.#weights = new WeightStore(this.#gpu, this.#parameters)
  }

  /** Throws the signal's reason before it makes a plan for a call that was aborted while it waited. */
  async #executor(job: InferenceJob, signal?: AbortSignal): Promise<Executor> {
    signal?.throwIfAborted()
    this.#throwIfDisposed()
    return this.#executors.get(JSON.stringify(job), this.#weights, () => this.#plan(job))
  }
}
