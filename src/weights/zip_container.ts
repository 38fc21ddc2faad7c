import { unzipSync } from 'fflate'
import { UserError } from '../errors.ts'
import { printable } from '../printable.ts'
import { unpickleTorch } from './torch_objects.ts'
import type { PickleValue } from './unpickler.ts'

/*
 * The container of PyTorch 1.6 and later: a zip archive of uncompressed entries
 *   NAME/data.pkl         the pickled object
 *   NAME/data/0, 1, …     the storages, by key
 *   NAME/byteorder        'little' or 'big', from PyTorch 2.1 on
 */

/** The pickled object of a PyTorch zip file, with the bytes of its storages. Throws a UserError for anything else. */
export function readZipContainer(bytes: Uint8Array): PickleValue {
  const entries = unzip(bytes)
  const pickleName = [...entries.keys()].find(name => /(^|\/)data\.pkl$/.test(name))
  if (pickleName === undefined)
    throw new UserError('PyTorch file: the zip archive has no data.pkl; not a checkpoint')
  const folder = pickleName.slice(0, -'data.pkl'.length)
  checkKind(entries, folder)
  const { value, storages } = unpickleTorch(entries.get(pickleName)!)
  for (const [key, storage] of storages) {
    const entry = entries.get(`${folder}data/${key}`)
    if (!entry || entry.length < storage.byteLength) {
      throw new UserError(
        `PyTorch file: storage "${printable(key)}" needs ${storage.byteLength} bytes and has ${entry?.length ?? 'none'}`,
      )
    }
    storage.bytes = entry.subarray(0, storage.byteLength)
  }
  return value
}

function checkKind(entries: Map<string, Uint8Array>, folder: string): void {
  if (entries.has(`${folder}constants.pkl`)) {
    throw new UserError(
      'PyTorch file: a TorchScript program, not a checkpoint; save its state_dict() instead',
    )
  }
  const byteOrder = entries.get(`${folder}byteorder`)
  if (byteOrder && new TextDecoder().decode(byteOrder) !== 'little') {
    throw new UserError('PyTorch file: saved on a big-endian machine, which is not supported')
  }
}

/** The only entries that PyTorch compresses. `checkKind` refuses a file that has them by another entry. */
const TORCH_SCRIPT_CODE = /^[^/]+\/code\//

/** Copies of all entries by name. fflate trusts the numbers in the directory, so they are checked first. */
function unzip(bytes: Uint8Array): Map<string, Uint8Array> {
  let total = 0
  try {
    const entries = unzipSync(bytes, {
      filter: ({ name, size, compression }) => {
        if (TORCH_SCRIPT_CODE.test(name)) return false
        // If a directory states too many entries, the extra ones have no names. Overlapping entries could expand a small file to
        // any size.
        total += size
        if (name === '' || total > bytes.length)
          throw new UserError('PyTorch file: the zip directory is damaged')
        if (compression !== 0) {
          throw new UserError('PyTorch file: a compressed zip archive; PyTorch itself never compresses')
        }
        return true
      },
    })
    return new Map(Object.entries(entries))
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new UserError('PyTorch file: the zip archive is damaged; is the file cut short?', { cause: error })
  }
}
