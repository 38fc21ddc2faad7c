import { UserError } from '../errors.ts'
import { printable } from '../printable.ts'
import { isZip } from './checkpoint_format.ts'
import { readLegacyContainer } from './legacy_container.ts'
import type { StateDict } from './tensor.ts'
import { TorchTensor } from './torch_objects.ts'
import { InertObject, type PickleValue, refusedGlobal } from './unpickler.ts'
import { readZipContainer } from './zip_container.ts'

/** The keys under which training scripts store the weights, next to the optimizer's state and the like; averaged weights come last. */
const NESTED_UNDER = [
  ...['state_dict', 'model', 'model_state_dict', 'model_state', 'net', 'weights'],
  ...['model_ema', 'ema'],
]

/**
 * Reads a state dict that PyTorch saved (`.pth`, `.pt`, `.bin`), in the zip container or the legacy one. The state dict is at the
 * top level of the file or under a key such as `state_dict`; other values there, such as a training script's options, optimizer
 * and schedule, are ignored. f64 is narrowed to f32. No code in the file is run. Throws a UserError for a file that is damaged,
 * that holds no tensors, or that calls a function that is not allowed.
 */
export function readPth(bytes: Uint8Array): StateDict {
  const value = isZip(bytes) ? readZipContainer(bytes) : readLegacyContainer(bytes)
  const tensors = findTensors(value)
  checkTensors(tensors, bytes.length)
  return new Map([...tensors].map(([name, tensor]) => [name, tensor.read()]))
}

function findTensors(value: PickleValue): Map<string, TorchTensor> {
  if (value instanceof InertObject) throw refusedGlobal(value.className)
  if (!(value instanceof Map)) throw new UserError('PyTorch file: it holds no dict of tensors')
  const nested = NESTED_UNDER.map(key => value.get(key)).filter(inner => inner !== undefined)
  const dicts = [...nested, value].filter(inner => inner instanceof Map)
  const tensors = dicts.map(tensorsIn).find(found => found.length > 0)
  if (!tensors) {
    const whole = nested.find(inner => inner instanceof InertObject)
    throw whole ? refusedGlobal(whole.className) : new UserError('PyTorch file: it holds no dict of tensors')
  }
  return new Map(
    tensors.map(([name, tensor]) => {
      if (typeof name !== 'string') throw new UserError('PyTorch file: a tensor has a name that is not text')
      return [name, tensor]
    }),
  )
}

const tensorsIn = (dict: Map<PickleValue, PickleValue>) =>
  [...dict].filter((item): item is [PickleValue, TorchTensor] => item[1] instanceof TorchTensor)

function checkTensors(tensors: Map<string, TorchTensor>, fileLength: number): void {
  let total = 0
  for (const [name, tensor] of tensors) {
    if (!tensor.fits()) {
      throw new UserError(`PyTorch file: tensor "${printable(name)}" reaches outside its storage`)
    }
    total += tensor.size
  }
  // An element takes at least one byte. So only tensors that repeat each other's elements many times exceed the limit.
  if (total > fileLength) {
    throw new UserError(`PyTorch file: its tensors hold ${total} elements, more than the file has bytes`)
  }
}
