// Writes the answer to an inference request of the Open Inference Protocol, with the binary data extension.

import type { Segmentation } from '../node/segmentation.ts'
import type { InferRequest, WantedOutput } from './infer_request.ts'
import type { PhotoResult, PhotosRequest } from './photos_request.ts'
import { type ServedModel, VERSION } from './served_models.ts'
import { binaryOf, datatypeOf, jsonNumbers, type OutputTensor } from './tensors.ts'

export interface InferAnswer {
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
