// `import … from 'atrous/weights'`: checkpoint files as tensors by name, and back. Nothing in a PyTorch file is executed.

export {
  CheckpointMismatch,
  checkpointFormat,
  type ExpectedParameter,
  type MatchOptions,
  matchParameters,
  readCheckpoint,
} from './checkpoint.ts'
export { readPth } from './pth.ts'
export { readSafetensors, writeSafetensors } from './safetensors.ts'
export type { HostTensor, StateDict, TensorValues } from './tensor.ts'
