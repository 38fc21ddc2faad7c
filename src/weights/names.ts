import type { StateDict } from './tensor.ts'

/** The state dict without the prefix `module.` of PyTorch's DataParallel. */
export function stripDataParallel(stateDict: StateDict): StateDict {
  const prefix = 'module.'
  if (![...stateDict.keys()].every(name => name.startsWith(prefix))) return stateDict
  return new Map([...stateDict].map(([name, tensor]) => [name.slice(prefix.length), tensor]))
}
