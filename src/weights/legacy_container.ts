import { UserError } from '../errors.ts'
import { ByteReader } from './byte_reader.ts'
import { type TorchStorage, unpickleTorch } from './torch_objects.ts'
import type { PickleValue } from './unpickler.ts'

/*
 * The container before PyTorch 1.6. It holds five pickles: a magic number, the protocol's number, a dict about the machine, the
 * object, and the list of storage keys. For each key there follow 8 bytes with the storage's number of elements, and its bytes.
 */

const MAGIC_NUMBER = 0x1950a86a20f9469cfc6cn
const PROTOCOL = 1001

/** The pickled object of a legacy PyTorch file, with the bytes of its storages. Throws a UserError for anything else. */
export function readLegacyContainer(bytes: Uint8Array): PickleValue {
  let position = 0
  const next = () => {
    const pickle = unpickleTorch(bytes.subarray(position))
    position += pickle.length
    return pickle
  }
  const magic = next().value
  if (magic !== MAGIC_NUMBER) throw new UserError('pickle: not one that PyTorch saved')
  if (next().value !== PROTOCOL) throw new UserError(`PyTorch file: not of the known protocol, ${PROTOCOL}`)
  const machine = next().value
  if (!(machine instanceof Map) || machine.get('little_endian') !== true) {
    throw new UserError('PyTorch file: saved on a big-endian machine, which is not supported')
  }
  const { value, storages } = next()
  fillStorages(storages, next().value, new ByteReader(bytes.subarray(position), 'PyTorch file: the storages'))
  return value
}

function fillStorages(storages: Map<string, TorchStorage>, keys: PickleValue, reader: ByteReader): void {
  const inOrder = Array.isArray(keys) ? keys.map(key => storages.get(key)) : []
  if (new Set(inOrder).size !== storages.size || inOrder.includes(undefined)) {
    throw new UserError('PyTorch file: the list of storages does not match the tensors')
  }
  for (const storage of inOrder as TorchStorage[]) {
    const length = reader.uint64()
    if (length !== storage.length) {
      throw new UserError(`PyTorch file: a storage of ${storage.length} elements has ${length} in the file`)
    }
    storage.bytes = reader.take(storage.byteLength)
  }
}
