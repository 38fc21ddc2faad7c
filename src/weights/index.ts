/**
 * Checkpoint files as tensors by name, and back. Nothing in a PyTorch file is executed.
 * @module atrous/weights
 */

export { readCheckpoint } from './checkpoint.ts'
export { checkpointFormat } from './checkpoint_format.ts'
export {
  CheckpointMismatch,
  type ExpectedParameter,
  type MatchOptions,
  matchParameters,
} from './match_parameters.ts'
export { readPth } from './pth.ts'
export { readSafetensors, writeSafetensors } from './safetensors.ts'
export type { HostTensor, StateDict, TensorValues } from './tensor.ts'
