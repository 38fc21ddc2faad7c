// Kernels whose lanes share weights in subgroups of one size.

export { conv2dSubgroup } from '../../kernels/convolution/conv2d_subgroup.ts'
export { winogradInput } from '../../kernels/winograd/winograd_input.ts'
export {
  multiplyTile,
  winogradMultiply,
  winogradMultiplyTexture,
} from '../../kernels/winograd/winograd_multiply_subgroup.ts'
export { winogradOutput } from '../../kernels/winograd/winograd_output.ts'
