// Writes the answer to an inference request of the Open Inference Protocol, with the binary data extension.

import type { Segmentation } from '../node/segmentation.ts'
import type { InferRequest, WantedOutput } from './infer_request.ts'
import type { PhotoResult, PhotosRequest } from './run_photos.ts'
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
export function inferAnswer(
  { id, outputs }: InferRequest,
  { name }: Pick<ServedModel, 'name'>,
  results: PhotoResult[],
): InferAnswer {
  const tensors = outputs.map(({ name }) => tensorOf(name, results))
  const described = tensors.map((tensor, i) => {
    const { name, shape } = tensor
    const content = outputs[i].isBinary
      ? { parameters: { binary_data_size: binaryOf(tensor).length } }
      : { data: jsonNumbers(tensor) }
    return { name, datatype: datatypeOf(tensor), shape, ...content }
  })
  const json = Buffer.from(
    JSON.stringify({ model_name: name, model_version: VERSION, id, outputs: described }),
  )
  const binary = tensors.filter((_, i) => outputs[i].isBinary).map(binaryOf)
  if (binary.length === 0) return { body: json }
  return { body: Buffer.concat([json, ...binary]), jsonLength: json.length }
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
