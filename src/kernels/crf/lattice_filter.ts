// The kernels that filter with a permutohedral lattice: from pixels to vertices, along the axes, and back.

import type { Kernel } from '../../gpu/kernel.ts'
import { workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { VECTOR_BYTES } from '../layout.ts'
import { LATTICE_AXES } from './lattice_build.ts'

/** Some vectors of each pixel. */
interface LatticeVectors {
  /** How many the lattice holds at one time. */
  vectors: number
  /** The first of them in a pixel. */
  first: number
  /** Vectors of a pixel. */
  pitch: number
}

interface LatticeSplatOptions extends LatticeVectors {
  label: string
  pixels: number
  vertices: number
}

/** values[vertex] = Σ weight · input over the vertex's corners. With a pitch of 0, all pixels have the first one's input. */
export function latticeSplat(options: LatticeSplatOptions): Kernel {
  const { label, pixels, vertices, vectors, first, pitch } = options
  const corners = pixels * LATTICE_AXES
  const count = (vertices + 1) * vectors
  return {
    label,
    shader: shaders.lattice_splat,
    params: { vectors, pitch, first, count },
    inputs: {
      input: (pitch === 0 ? 1 : pixels * pitch) * VECTOR_BYTES,
      weights: corners * 4,
      corners: corners * 4,
      starts: (vertices + 2) * 4,
    },
    outputs: { values: count * VECTOR_BYTES },
    workgroups: workgroupsFor(shaders.lattice_splat, count),
    macs: corners * vectors * 4,
    traffic: { input: corners * vectors * VECTOR_BYTES },
  }
}

/** Values blurred along one axis of the lattice. */
export function latticeBlur(options: { label: string; vertices: number; vectors: number }): Kernel {
  const { label, vertices, vectors } = options
  const rows = vertices + 1
  const count = rows * vectors
  return {
    label,
    shader: shaders.lattice_blur,
    params: { rows, vectors, count },
    inputs: { values: count * VECTOR_BYTES, neighbours: vertices * 8 },
    outputs: { blurred: count * VECTOR_BYTES },
    workgroups: workgroupsFor(shaders.lattice_blur, count),
    traffic: { values: 3 * count * VECTOR_BYTES },
  }
}

/** message += scale · Σ weight · value over the six corners of each pixel. */
export function latticeSlice(options: LatticeSplatOptions & { scale: number }): Kernel {
  const { label, pixels, vertices, vectors, first, pitch, scale } = options
  const corners = pixels * LATTICE_AXES
  const count = pixels * vectors
  return {
    label,
    shader: shaders.lattice_slice,
    params: { vectors, pitch, first, count, scale },
    inputs: {
      values: (vertices + 1) * vectors * VECTOR_BYTES,
      vertices: corners * 4,
      weights: corners * 4,
    },
    outputs: { message: pixels * pitch * VECTOR_BYTES },
    workgroups: workgroupsFor(shaders.lattice_slice, count),
    macs: corners * vectors * 4,
    traffic: { values: corners * vectors * VECTOR_BYTES },
  }
}

/** Multiplies each pixel's weights by D^-1/2, where D is what `values`, a lattice of one vector, gives at the pixel. */
export function latticeNormalise(options: { label: string; pixels: number; vertices: number }): Kernel {
  const { label, pixels, vertices } = options
  const corners = pixels * LATTICE_AXES
  return {
    label,
    shader: shaders.lattice_normalise,
    params: { pixels },
    inputs: { values: (vertices + 1) * VECTOR_BYTES, vertices: corners * 4 },
    outputs: { weights: corners * 4 },
    workgroups: workgroupsFor(shaders.lattice_normalise, pixels),
  }
}
