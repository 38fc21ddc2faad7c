// Cut-outs of POST /segment: `output=cutout`, with which classes to keep and what is behind them.

import { UserError } from '../errors.ts'
import type { RefinedOptions } from '../inference/inference_options.ts'
import { keptClasses, plainBackground } from '../library/cutout_texts.ts'
import { checkOptionValues, oneOfTexts, shown } from '../options.ts'
import { type RequestPhoto, segmentRequest } from './photos_request.ts'
import type { PlainCutout } from './picture_encoder.ts'
import type { RequestScope } from './request.ts'
import type { ServedModel } from './served_models.ts'
import type { Service } from './service.ts'

const FORMAT = oneOfTexts('png', 'webp')

/** The parameters as the description of the server has them. */
export const CUTOUT_PARAMETERS = {
  cutout: {
    type: 'string',
    description: 'With output=cutout: names of the classes to keep (default: all, but the background).',
    examples: ['dog,cat'],
  },
  background: {
    type: 'string',
    description: 'With output=cutout: blur, or a colour (default: nothing, which is transparent).',
    examples: ['blur', '#ffffff'],
  },
  format: {
    type: 'string',
    enum: FORMAT.schema.options,
    description: 'With output=cutout: the kind of the picture (default: png).',
  },
}

type Name = keyof typeof CUTOUT_PARAMETERS

const NAMES = Object.keys(CUTOUT_PARAMETERS) as Name[]

export const CUTOUT_NAMES = Object.fromEntries(NAMES.map(name => [name, true])) as Record<Name, true>

/**
 * The options of a cut-out, or undefined if none is asked for. Throws a UserError for a wrong value, a class that the model lacks, and a
 * parameter without `output=cutout`.
 */
export function cutoutParameters(
  query: Readonly<Record<string, unknown>>,
  { isAsked, classNames }: { isAsked: boolean; classNames: readonly string[] },
): PlainCutout | undefined {
  if (!isAsked) {
    const alone = NAMES.find(name => query[name] !== undefined)
    if (alone) throw new UserError(`${alone}: expected output=cutout with it`)
    return undefined
  }
  const { cutout = 'all', background, format } = query
  checkOptionValues({ format }, { format: FORMAT })
  if (typeof cutout !== 'string')
    throw new UserError(`cutout: expected names of classes with commas between, got ${shown(cutout)}`)
  return {
    classes: keptClasses('cutout', cutout, classNames),
    background: background === undefined ? undefined : backgroundOf(background),
    format: format as PlainCutout['format'],
  }
}

/** No path and no URL: those are the server's to open, and not a client's. */
function backgroundOf(text: unknown): PlainCutout['background'] {
  const found = typeof text === 'string' ? plainBackground(text) : undefined
  if (found === undefined)
    throw new UserError(
      `background: expected blur, or a colour such as #ffffff (%23ffffff in a URL), got ${shown(text)}`,
    )
  return found
}

interface CutoutRequest {
  photos: readonly RequestPhoto[]
  options: RefinedOptions
  scope: RequestScope
  cutout: PlainCutout
}

/** Cuts out of one photo. Throws as `segmentRequest` does. */
export async function cutoutRequest(
  service: Service,
  served: ServedModel,
  { cutout, ...request }: CutoutRequest,
): Promise<{ type: string; picture: Buffer }> {
  const { scope, options } = request
  // Scores of the network's size are small, and the filter finds the edges. A photo in tiles has those of its own size alone.
  const at = options.tile === undefined ? 'network' : 'photo'
  const [{ found }] = await segmentRequest(service, served, { ...request, at, outputs: ['probabilities'] })
  const layers = await scope.measure('cutout', async () => {
    const free = await service.cutouts.take(1, scope.signal)
    try {
      return await found[0].cutoutLayers(cutout)
    } finally {
      free()
    }
  })
  const picture = await scope.measure('encode', () =>
    service.encoder.encode({ kind: 'cutout', layers, options: cutout }),
  )
  return { type: `image/${cutout.format ?? 'png'}`, picture: Buffer.from(picture) }
}
