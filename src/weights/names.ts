import type { StateDict } from './tensor.ts'

/** What wrappers put before the names of a network's tensors: PyTorch's DataParallel and averages, Lightning, torch.compile. */
const WRAPPERS = ['module.', 'model.', '_orig_mod.']

/** The state dict without the prefixes of wrappers that all of its names have. One wrapper may hold another. */
export const unwrapped = (stateDict: StateDict): StateDict => inner(stateDict, 1)

/**
 * The network's tensors in a wrapper's state dict, without the prefix that most names have. The others are the wrapper's own, such as the
 * number of averaged models or the weights of a loss.
 */
export const networkIn = (stateDict: StateDict): StateDict => inner(stateDict, 0.6)

function inner(stateDict: StateDict, share: number): StateDict {
  for (const prefix of WRAPPERS) {
    const held = [...stateDict].filter(([name]) => name.startsWith(prefix))
    if (held.length === 0 || held.length < share * stateDict.size) continue
    return inner(new Map(held.map(([name, tensor]) => [name.slice(prefix.length), tensor])), share)
  }
  return stateDict
}
