// From a photo to its class map through a network and a CRF. The network's scores stay on the GPU.

import { type CrfOption, crfParameters } from '../crf/crf_parameters.ts'
import { refine } from '../crf/refine.ts'
import { UserError } from '../errors.ts'
import { usage } from '../gpu/buffers.ts'
import type { Gpu } from '../gpu/gpu.ts'
import { tensorBytes } from '../graph/ir/tensor_bytes.ts'
import type { Executor, RunOptions } from '../graph/runtime/executor.ts'
import { networkSize } from '../model/preprocessing.ts'
import type { ClassMap } from './class_map.ts'
import { hasLogits, type InferenceJob } from './inference_graph.ts'
import type { OutputOptions } from './inference_options.ts'
import { inputOf, type Photo } from './photo.ts'

/** The request of a call with a CRF. */
export interface Refinement extends Required<OutputOptions>, Pick<RunOptions, 'signal'> {
  crf: CrfOption
  /** The convention of the network's upsampling. */
  alignCorners: boolean
  /** With a signal: called after each iteration but the last. */
  onIteration?: (iterations: { done: number; total: number }) => void
}

/** Throws a UserError for invalid parameters, and for logits: a CRF has none. */
export function checkRefinement({ output, crf }: Refinement): void {
  crfParameters(crf)
  if (output === 'logits') throw new UserError('output logits: a CRF gives probabilities, and no logits')
}

/**
 * The class map of a photo after the CRF, with the marginals if `output` asks for probabilities. The executor's plan has one photo, and
 * the scores as its second output.
 */
export async function refinedMap(
  gpu: Gpu,
  executor: Executor,
  {
    photo,
    job,
    output,
    at,
    crf,
    alignCorners,
    signal,
    onIteration,
  }: Refinement & { photo: Photo; job: InferenceJob },
): Promise<ClassMap> {
  const [, scores] = executor.plan.graph.outputs
  const parameters = crfParameters(crf)
  const own = { width: photo.originalWidth, height: photo.originalHeight }
  const size = at === 'network' ? networkSize(photo, job.preprocessing) : own
  const mask = output === 'mask' ? size : own
  const flags = usage.storage | usage.copyDestination
  const buffer = await gpu.allocate('scores', tensorBytes(scores), flags)
  try {
    await executor.runInto(
      { [scores.name]: buffer },
      { photo: inputOf(photo, job.preprocessing) },
      { signal },
    )
    const found = await refine(gpu, {
      scores: {
        buffer,
        shape: scores.shape,
        dtype: scores.dtype === 'f16' ? 'f16' : 'f32',
        kind: hasLogits(job) ? 'logits' : 'probabilities',
        alignCorners,
      },
      photo,
      ...size,
      mask,
      signal,
      parameters,
      onIteration: done => onIteration?.({ done, total: parameters.iterations }),
      withMarginals: output === 'probabilities',
    })
    const map = { mask: found.mask, ...mask }
    const [classes] = scores.shape.slice(-1)
    return found.marginals ? { ...map, scores: { data: found.marginals, ...size, classes } } : map
  } finally {
    gpu.release(buffer)
  }
}
