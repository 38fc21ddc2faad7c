// A PyTorch file made without PyTorch: the format of torch.save for a state dict of f32 tensors.

import { zipSync } from 'fflate'
import { type Part, pickle } from '../weights/assemble_pickle.ts'

interface Tensor {
  shape: readonly number[]
  data: Float32Array
}

const text = (value: string): Part[] => ['BINUNICODE', [...uint32(value.length)], `:${value}`]
const integer = (value: number): Part[] => ['BININT', [...uint32(value)]]
const tuple = (values: Part[][]): Part[] => ['MARK', ...values.flat(), 'TUPLE']

/** Little-endian. */
const uint32 = (value: number) => new Uint8Array(Uint32Array.of(value).buffer)

/** The zip archive of a state dict, and the start and end of the pickle in it. */
export function pthFile(stateDict: ReadonlyMap<string, Tensor>): {
  bytes: Uint8Array
  begin: number
  end: number
} {
  const items = [...stateDict].flatMap(([name, tensor], key) => [
    ...text(name),
    ...rebuilt(tensor, String(key)),
  ])
  const program = pickle('PROTO', [2], 'EMPTY_DICT', 'MARK', ...items, 'SETITEMS', 'STOP')
  const storages = [...stateDict.values()].map(({ data }, key) => [
    `archive/data/${key}`,
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  ])
  const bytes = zipSync({ 'archive/data.pkl': program, ...Object.fromEntries(storages) }, { level: 0 })
  const begin = Buffer.from(bytes).indexOf(program)
  return { bytes, begin, end: begin + program.length }
}

function rebuilt({ shape, data }: Tensor, key: string): Part[] {
  const storage = tuple([
    text('storage'),
    ['GLOBAL', ':torch\nFloatStorage\n'],
    ...[text(key), text('cpu'), integer(data.length)],
  ])
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, n) => product * n, 1))
  const view = [integer(0), tuple(shape.map(integer)), tuple(strides.map(integer))]
  const args = tuple([[...storage, 'BINPERSID'], ...view])
  return ['GLOBAL', ':torch._utils\n_rebuild_tensor_v2\n', ...args, 'REDUCE']
}
