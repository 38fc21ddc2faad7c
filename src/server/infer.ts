// An inference request of the Open Inference Protocol and its answer, with the binary data extension.

import * as v from 'valibot'
import { UserError } from '../errors.ts'
import { OUTPUT_OPTIONS, type RefinedOptions, type SegmentOutput } from '../inference/inference_options.ts'
import { expecting } from '../json.ts'
import type { Segmentation } from '../node/segmentation.ts'
import { checkOptionNames, shown } from '../options.ts'
import { requestJson } from './bounded_json.ts'
import type { PhotoResult, PhotosRequest, RequestPhoto } from './photos_request.ts'
import { booleanOf, segmentParameters } from './photos_request.ts'
import { type ServedModel, VERSION } from './served_models.ts'
import {
  binaryOf,
  bytesElements,
  datatypeOf,
  jsonNumbers,
  type OutputTensor,
  type TensorHeader,
  uint8Elements,
} from './tensors.ts'

/** An output that the request asks for. */
interface WantedOutput {
  name: SegmentOutput
  isBinary: boolean
}

interface InferRequest {
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
    width,
    height,
    data: data.subarray(i * bytes, (i + 1) * bytes),
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

interface InferAnswer {
  body: Buffer
  /** The length of the JSON before the binary data, if there is binary data. */
  jsonLength?: number
}

/** The runs that a request's outputs need. Each run has a mask, so that it is a run of its own only if nothing else is asked for. */
export function runsOf({ outputs }: InferRequest): PhotosRequest['outputs'] {
  const scores = outputs.map(({ name }) => name).filter(name => name !== 'mask')
  return scores.length > 0 ? scores : ['mask']
}

/** Throws a RequestError with the status 413 if there is too much to write. */
export function* inferAnswer(
  { id, outputs }: InferRequest,
  { name }: Pick<ServedModel, 'name'>,
  results: PhotoResult[],
): Generator<void, InferAnswer> {
  const tensors = outputs.map(({ name }) => tensorOf(name, results))
  const described: Buffer[] = []
  for (const [i, tensor] of tensors.entries()) {
    if (i > 0) described.push(Buffer.from(','))
    described.push(...(yield* describe(tensor, outputs[i].isBinary)))
  }
  const head = JSON.stringify({ model_name: name, model_version: VERSION, id, outputs: [] })
  const json = [Buffer.from(head.slice(0, -2)), ...described, Buffer.from(']}')]
  const binary = tensors.filter((_, i) => outputs[i].isBinary).map(binaryOf)
  const body = Buffer.concat([...json, ...binary])
  if (binary.length === 0) return { body }
  return { body, jsonLength: json.reduce((sum, { length }) => sum + length, 0) }
}

/** A tensor as JSON, which has its numbers unless they are binary. */
function* describe(tensor: OutputTensor, isBinary: boolean): Generator<void, Buffer[]> {
  const { name, shape } = tensor
  const header = { name, datatype: datatypeOf(tensor), shape }
  const size = binaryOf(tensor).length
  if (isBinary) return [Buffer.from(JSON.stringify({ ...header, parameters: { binary_data_size: size } }))]
  const start = JSON.stringify({ ...header, data: [] }).slice(0, -2)
  return [Buffer.from(start), ...(yield* jsonNumbers(tensor)), Buffer.from(']}')]
}

/** The tensor of an output, of all photos, which have one size. */
function tensorOf(output: WantedOutput['name'], results: PhotoResult[]): OutputTensor {
  const maps = results.map(({ found }) => mapOf(output, found))
  const [{ data, width, height, classes }] = maps
  const shape = [maps.length, height, width, ...(classes === undefined ? [] : [classes])]
  if (maps.length === 1) return { name: output, shape, data }
  const all = new (data.constructor as Uint8ArrayConstructor)(maps.length * data.length)
  for (const [i, map] of maps.entries()) all.set(map.data, i * data.length)
  return { name: output, shape, data: all }
}

interface OutputMap {
  data: Uint8Array | Float32Array
  width: number
  height: number
  classes?: number
}

function mapOf(output: WantedOutput['name'], found: Segmentation[]): OutputMap {
  if (output === 'mask') {
    const [{ mask: data, width, height }] = found
    return { data, width, height }
  }
  return found.map(each => each[output]).find(scores => scores !== undefined)!
}
