// Kernels that share weights in a workgroup.

export { conv2dRows } from '../../kernels/convolution/conv2d_rows.ts'
export { winogradMultiplyRows } from '../../kernels/winograd/winograd_multiply_rows.ts'
