// Reads an inference request of the Open Inference Protocol, with the binary data extension.

import * as v from 'valibot'
import { UserError } from '../errors.ts'

import { OUTPUT_OPTIONS, type RefinedOptions, type SegmentOutput } from '../inference/inference_options.ts'
import { expecting } from '../json.ts'
import { checkOptionNames, shown } from '../options.ts'
import type { RequestPhoto } from './photos_request.ts'
import { requestJson } from './request_json.ts'
import { booleanOf, segmentParameters } from './segment_parameters.ts'
import { bytesElements, type TensorHeader, uint8Elements } from './tensors.ts'

/** An output that the request asks for. */
export interface WantedOutput {
  name: SegmentOutput
  isBinary: boolean
}

export interface InferRequest {
  id?: string
  photos: RequestPhoto[]
  options: RefinedOptions
  /** Without a list of outputs, the mask alone. */
  outputs: WantedOutput[]
}

const parameter = expecting('a text, a number, true or false', v.union([v.string(), v.number(), v.boolean()]))
const parameters = v.optional(v.record(v.string(), parameter), {})

const SCHEMA = v.object({
  id: v.optional(v.string()),
  parameters,
  inputs: v.array(
    v.object({
      name: v.string(),
      shape: v.array(v.pipe(v.number(), v.integer(), v.minValue(0))),
      datatype: v.string(),
      parameters,
      data: v.optional(v.unknown()),
    }),
  ),
  outputs: v.optional(v.pipe(v.array(v.object({ name: v.string(), parameters })), v.minLength(1))),
})

type Request = v.InferOutput<typeof SCHEMA>

const OUTPUTS: readonly SegmentOutput[] = OUTPUT_OPTIONS.output.schema.options

/**
 * `jsonLength`: the header `Inference-Header-Content-Length`, after which the body is binary data. `checkPhotos` throws if the request has
 * too many photos. Throws a UserError that names the first wrong field, and a RequestError if there is more than a request may have.
 */
export async function readInferRequest(
  body: Uint8Array,
  { jsonLength, checkPhotos }: { jsonLength?: string; checkPhotos: (photos: number) => void },
): Promise<InferRequest> {
  const end = jsonLength === undefined ? body.length : lengthOf(jsonLength, body.length)
  const request = await requestJson(SCHEMA, body.subarray(0, end), checkPhotos)
  const { binary_data_output: allBinary = false, ...rest } = request.parameters
  const image = imageOf(request, body.length - end)
  const isBinary = image.parameters.binary_data_size !== undefined
  const photos = await readPhotos(image, { binary: isBinary ? body.subarray(end) : undefined, checkPhotos })
  return {
    id: request.id,
    photos,
    options: segmentParameters(rest, {}),
    outputs: wantedOutputs(request, booleanOf('binary_data_output', allBinary)),
  }
}

function lengthOf(text: string, most: number): number {
  if (!/^\d+$/.test(text) || Number(text) > most)
    throw new UserError(
      `Inference-Header-Content-Length: expected at most the body's ${most} bytes, got ${shown(text)}`,
    )
  return Number(text)
}

/** The one input. `binaryLength`: the bytes after the JSON. */
function imageOf({ inputs }: Request, binaryLength: number): Request['inputs'][number] {
  const [image] = inputs
  if (inputs.length !== 1 || image.name !== 'image') {
    const names = inputs.map(({ name }) => name)
    throw new UserError(`inputs: expected one input, image; got ${shown(names)}`)
  }
  const { binary_data_size: size, ...unknown } = image.parameters
  checkOptionNames(unknown, { binary_data_size: true })
  if (size === undefined && binaryLength > 0)
    throw new UserError('image.parameters: expected binary_data_size, because binary data follows the JSON')
  if (size !== undefined && size !== binaryLength)
    throw new UserError(
      `image.parameters.binary_data_size: expected the ${binaryLength} bytes after the JSON, got ${shown(size)}`,
    )
  return image
}

async function readPhotos(
  image: TensorHeader,
  { binary, checkPhotos }: { binary: Uint8Array | undefined; checkPhotos: (photos: number) => void },
): Promise<RequestPhoto[]> {
  const { datatype, shape } = image
  if (datatype === 'BYTES') {
    if (shape.length !== 1 || shape[0] < 1)
      throw new UserError(`image.shape: expected [n] encoded photos, got ${shown(shape)}`)
    checkPhotos(shape[0])
    return bytesElements(image, binary)
  }
  if (datatype !== 'UINT8')
    throw new UserError(`image.datatype: expected BYTES or UINT8, got ${shown(datatype)}`)
  const [n, height, width, channels] = shape.length === 3 ? [1, ...shape] : shape
  const isPhotos = (shape.length === 3 || shape.length === 4) && channels === 3 && n * height * width > 0
  if (!isPhotos)
    throw new UserError(
      `image.shape: expected [height, width, 3] or [n, height, width, 3], got ${shown(shape)}`,
    )
  checkPhotos(n)
  const data = await uint8Elements(image, binary)
  const bytes = height * width * 3
  return Array.from({ length: n }, (_, i) => ({
    ...{ width, height, data: data.subarray(i * bytes, (i + 1) * bytes) },
  }))
}

function wantedOutputs({ outputs = [{ name: 'mask', parameters: {} }] }: Request, allBinary: boolean) {
  const names = outputs.map(({ name }) => name)
  if (new Set(names).size < names.length)
    throw new UserError(`outputs: expected each name once, got ${shown(names)}`)
  return outputs.map(({ name, parameters: { binary_data: isBinary = allBinary, ...unknown } }) => {
    const known = OUTPUTS.find(output => output === name)
    if (!known) throw new UserError(`outputs: expected ${OUTPUTS.join(', ')}; got ${shown(name)}`)
    checkOptionNames(unknown, { binary_data: true })
    return { name: known, isBinary: booleanOf('binary_data', isBinary) }
  })
}
