import { type CrfOption, crfParameters } from '../crf/crf_parameters.ts'
import { UserError } from '../errors.ts'
import type { RunOptions } from '../graph/runtime/executor.ts'
import type { OutputOptions } from './class_map.ts'

/** What a call with a CRF asks for. */
export interface Refinement extends Required<OutputOptions>, Pick<RunOptions, 'signal'> {
  crf: CrfOption
}

/** Throws a UserError for invalid parameters, and for logits: a CRF has none. */
export function checkRefinement({ output, crf }: Refinement): void {
  crfParameters(crf)
  if (output === 'logits') throw new UserError('output logits: a CRF gives probabilities, and no logits')
}
