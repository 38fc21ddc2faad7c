import type { StateDict } from './tensor.ts'

/** What wrappers put before the names of a network's tensors: PyTorch's DataParallel and averages, Lightning, torch.compile. */
const WRAPPERS = ['module.', 'model.', '_orig_mod.']

/**
 * The network's state dict without wrappers' prefixes, of which one may hold another. Where most names begin with a prefix, the others
 * are the wrapper's own, such as the number of averaged models or the weights of a loss, and are left out.
 */
export function unwrapped(stateDict: StateDict): StateDict {
  for (const prefix of WRAPPERS) {
    const inner = [...stateDict].filter(([name]) => name.startsWith(prefix))
    if (2 * inner.length <= stateDict.size) continue
    return unwrapped(new Map(inner.map(([name, tensor]) => [name.slice(prefix.length), tensor])))
  }
  return stateDict
}
