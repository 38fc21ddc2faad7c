// From a large photo to its class map by windows that overlap. The scores of a row of windows stay on the GPU until the rows of the photo
// that it covers are blended, so memory does not grow with the photo's height.

import { UserError } from '../errors.ts'
import { usage } from '../gpu/buffers.ts'
import type { Gpu } from '../gpu/gpu.ts'
import { mebibytes, tensorBytes } from '../graph/ir/tensor_bytes.ts'
import type { Executor } from '../graph/runtime/executor.ts'
import type { Rows } from '../kernels/geometry.ts'
import { edgeOf, type Preprocessing, samplesIn } from '../model/preprocessing.ts'
import type { ClassMap } from './class_map.ts'
import { hasLogits, type InferenceJob } from './inference_graph.ts'
import { DEFAULT_OVERLAP, type OutputOptions, type TileOptions } from './inference_options.ts'
import { inputOf, type Photo } from './photo.ts'
import { checkScoreBytes } from './score_map.ts'
import { TileBlender, type WindowScores } from './tile_blender.ts'
import { mostCovering, type Tiling, tilingOf } from './tiling.ts'
import type { View } from './views.ts'

/** The request of a call with tiles. */
export interface Tiled extends TileOptions, Required<OutputOptions> {
  tile: number
  /** The longest or the shortest edge of the photo at scale 1 in pixels, as `preprocessing` says which. Default: its own. */
  size?: number
  signal?: AbortSignal
  /** Called after each window, with the number of those that are done: each view of a window counts. */
  onTile?: (progress: { done: number; total: number }) => void
}

/** The model, as far as it segments windows. */
export interface TiledModel {
  classes: number
  /** The convention of the network's upsampling. */
  alignCorners: boolean
  preprocessing: Preprocessing
  outputStride: number
  /** The job of a photo that has the size of a window, when its edge is scaled to `size`. */
  jobOf(window: { width: number; height: number }, size: number): InferenceJob
  /** The bytes of the job's scores on the GPU. */
  scoreBytes(job: InferenceJob): number
  executorOf(job: InferenceJob): Promise<Executor>
}

/** The longest side of a photo, as of an encoded one. */
const MAX_SIDE = 65_535

/** The most bytes that the scores of windows may have on the GPU at one time. */
const MAX_OPEN_BYTES = 2 ** 30

/** The class map of each photo. Throws a UserError for an output that tiles do not have, and the signal's reason. */
export async function tiledMaps(
  gpu: Gpu,
  model: TiledModel,
  { photos, ...request }: Tiled & { photos: readonly Photo[] },
): Promise<ClassMap[]> {
  for (const photo of photos) checkTiled(request, photo)
  const maps: ClassMap[] = []
  for (const photo of photos) maps.push(await tiledMap(gpu, model, { photo, ...request }))
  return maps
}

function checkTiled({ output, at }: Tiled, { width, height, ...photo }: Photo): void {
  if (output === 'logits')
    throw new UserError('output logits: tiles have a mean of probabilities, and no logits')
  if (at !== 'photo') throw new UserError(`at: expected photo, whose scale tiles have, got ${at}`)
  if (photo.originalWidth !== width || photo.originalHeight !== height)
    throw new UserError(
      `tile: expected a photo of the mask's size, ${photo.originalWidth}×${photo.originalHeight}, got ${width}×${height}`,
    )
  if (Math.max(width, height) > MAX_SIDE)
    throw new UserError(`tile: ${width}×${height} pixels: a side is over the limit of ${MAX_SIDE}`)
}

/** The class map of a photo, with probabilities if `output` asks for them. The executors' plans have the scores as their second output. */
async function tiledMap(
  gpu: Gpu,
  model: TiledModel,
  { photo, ...request }: Tiled & { photo: Photo },
): Promise<ClassMap> {
  const { output, signal, onTile } = request
  const { classes, alignCorners } = model
  const withScores = output === 'probabilities'
  if (withScores) checkScoreBytes({ ...photo, classes })
  const { tiling, jobs } = planOf(photo, model, request)
  const open = new OpenRows(gpu, tiling)
  const total = tiling.rows.windows.length * tiling.columns.windows.length * jobs.length
  let done = 0
  const blender = await TileBlender.create(gpu, { tiling, classes, alignCorners, withScores, signal })
  try {
    for (const [index, row] of tiling.rows.windows.entries()) {
      // Each job needs memory of its own on the GPU, and few of them stay there.
      for (const { job, view } of jobs) {
        const executor = await model.executorOf(job)
        for (const [column, { from, count }] of tiling.columns.windows.entries()) {
          const place = { top: row.from, left: from, height: row.count, width: count }
          const data = cut(photo, model.preprocessing, place)
          await open.run(executor, { data, view, row: index, column, signal })
          signal?.throwIfAborted()
          onTile?.({ done: ++done, total })
        }
      }
      const next = tiling.rows.windows[index + 1]?.from ?? photo.height
      for (const part of tiling.rows.parts)
        if (part.from >= row.from && part.from < next)
          await blender.blend(part, (row, column) => open.scoresOf(row, column))
      open.releaseAbove(next)
    }
    return blender.map
  } finally {
    open.releaseAbove(Number.POSITIVE_INFINITY)
    blender.destroy()
  }
}

/** The windows of a photo, and the jobs of each. */
function planOf(
  photo: Photo,
  model: TiledModel,
  { tile, overlap = DEFAULT_OVERLAP, size }: Omit<Tiled, 'output' | 'at'>,
) {
  const { preprocessing, outputStride } = model
  const scale = size === undefined ? 1 : size / edgeOf(photo, preprocessing)
  const pixels = Math.max(1, Math.round(tile / scale))
  // At the photo's own scale, the network computes at the places at which it would in the whole photo.
  const tiling = tilingOf(photo, { tile: pixels, overlap, align: scale === 1 ? outputStride : 1 })
  const window = { width: tiling.columns.windows[0].count, height: tiling.rows.windows[0].count }
  const network = Math.max(1, Math.round(scale * edgeOf(window, preprocessing)))
  const jobs = viewJobs(model.jobOf(window, network))
  const bytes = jobs.reduce((sum, { job }) => sum + model.scoreBytes(job), 0)
  const open = bytes * tiling.columns.windows.length * mostCovering(tiling.rows)
  if (open > MAX_OPEN_BYTES)
    throw new UserError(
      `tile: the scores of the windows take ${mebibytes(open)} at one time, and the limit is ${mebibytes(MAX_OPEN_BYTES)}: ` +
        'take smaller tiles, a smaller overlap, fewer scales or a larger output stride',
    )
  return { tiling, jobs }
}

/** A job for each view whose probabilities are blended, so that its scores are as small as the network's logits. */
function viewJobs(job: InferenceJob): { job: InferenceJob; view: Pick<View, 'flip' | 'weight'> }[] {
  const withScores = { ...job, maskAt: 'network' as const, withScores: true }
  if (hasLogits(job)) return [{ job: withScores, view: { flip: job.views[0].flip, weight: 1 } }]
  return job.views.map(view => ({ job: { ...withScores, views: [{ ...view, weight: 1 }] }, view }))
}

/** What the network takes of a window's pixels. */
function cut(
  photo: Photo,
  preprocessing: Preprocessing,
  { top, left, width, height }: { top: number; left: number; width: number; height: number },
): Uint8Array {
  const input = inputOf(photo, preprocessing)
  const bytes = 4 * (samplesIn(preprocessing) ?? 1)
  const pixels = new Uint8Array(width * height * bytes)
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * photo.width + left) * bytes
    pixels.set(input.subarray(from, from + width * bytes), y * width * bytes)
  }
  return pixels
}

interface WindowRun {
  data: Uint8Array
  view: Pick<View, 'flip' | 'weight'>
  row: number
  column: number
  signal?: AbortSignal
}

/** The scores of the windows that are not wholly blended yet. */
class OpenRows {
  readonly #gpu: Gpu
  readonly #tiling: Tiling
  /** The views of each window, by row and column. */
  readonly #rows = new Map<number, WindowScores[][]>()
  #before: Promise<void> = Promise.resolve()

  constructor(gpu: Gpu, tiling: Tiling) {
    this.#gpu = gpu
    this.#tiling = tiling
  }

  /** Runs a view of a window. Resolves when the GPU has done the one before: while it works on one, the next is cut out. */
  async run(executor: Executor, { data, view, row, column, signal }: WindowRun): Promise<void> {
    const [, scores] = executor.plan.graph.outputs
    const columns = this.#tiling.columns.windows.length
    const flags = usage.storage | usage.copyDestination
    const buffer = await this.#gpu.allocate('tile scores', tensorBytes(scores), flags)
    const windows = this.#rows.get(row) ?? Array.from({ length: columns }, () => [])
    this.#rows.set(row, windows)
    windows[column].push({ buffer, shape: scores.shape, isFloat16: scores.dtype === 'f16', view })
    await executor.runInto({ [scores.name]: buffer }, { photo: data }, { signal })
    await this.#before
    this.#before = this.#gpu.finish()
    this.#before.catch(() => undefined) // whoever waits for it reports it
  }

  scoresOf(row: number, column: number): readonly WindowScores[] {
    return this.#rows.get(row)![column]
  }

  /** Frees the windows that end above a row of the photo. */
  releaseAbove(y: number): void {
    for (const [row, windows] of this.#rows) {
      const { from, count }: Rows = this.#tiling.rows.windows[row]
      if (from + count > y) continue
      for (const { buffer } of windows.flat()) this.#gpu.release(buffer)
      this.#rows.delete(row)
    }
  }
}
