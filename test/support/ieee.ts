// NaN and infinities, which WGSL lets adapters compute as they like: tests expect IEEE 754's results only of adapters that keep to it.

import type { Gpu } from '../../src/gpu/gpu.ts'
import { runKernel } from '../../src/gpu/run_kernel.ts'
import type { KernelRun } from './kernel_run.ts'

/** Functions of WGSL that our shaders call on values that may not be finite, and what IEEE 754 makes of a, b and c. */
const FUNCTIONS: Record<string, { wgsl: string; ieee(a: number, b: number, c: number): number }> = {
  mix: { wgsl: 'mix(a, b, c)', ieee: (a, b, c) => a * (1 - c) + b * c },
  exp: { wgsl: 'exp(a)', ieee: Math.exp },
  max: { wgsl: 'max(a, b)', ieee: (a, b) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.max(a, b)) },
  fma: { wgsl: 'fma(a, b, c)', ieee: (a, b, c) => a * b + c },
}

const VALUES = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 1]
const TRIPLES = VALUES.flatMap(a => VALUES.flatMap(b => [0, 0.5, 1].map(c => [a, b, c] as const)))

const wgsl = `
@group(0) @binding(1) var<storage, read> values: array<f32>;
@group(0) @binding(2) var<storage, read_write> results: array<f32>;

@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) group: vec3u) {
  let a = values[group.x * 3u];
  let b = values[group.x * 3u + 1u];
  let c = values[group.x * 3u + 2u];
${Object.values(FUNCTIONS)
  .map((each, i) => `  results[group.x * ${Object.keys(FUNCTIONS).length}u + ${i}u] = ${each.wgsl};`)
  .join('\n')}
}`

const found = new WeakMap<Gpu, Promise<Set<string>>>()

/** The functions whose results on this adapter are not those of IEEE 754. */
function unlikeIeee(gpu: Gpu): Promise<Set<string>> {
  const before = found.get(gpu)
  if (before) return before
  const finding = findUnlikeIeee(gpu)
  found.set(gpu, finding)
  return finding
}

async function findUnlikeIeee(gpu: Gpu): Promise<Set<string>> {
  const functions = Object.entries(FUNCTIONS)
  const values = Float32Array.from(TRIPLES.flat())
  const kernel = {
    label: 'IEEE 754',
    shader: { name: 'ieee', wgsl },
    params: {},
    inputs: { values: values.byteLength },
    outputs: { results: TRIPLES.length * functions.length * 4 },
    workgroups: TRIPLES.length,
  }
  const results = new Float32Array((await runKernel(gpu, kernel, { values })).results.buffer)
  const isUnlike = ({ ieee }: (typeof FUNCTIONS)[string], i: number) =>
    TRIPLES.some((triple, at) => !isClose(results[at * functions.length + i], ieee(...triple)))
  return new Set(functions.filter(([, each], i) => isUnlike(each, i)).map(([name]) => name))
}

const isClose = (actual: number, expected: number) =>
  Object.is(actual, expected) || actual === expected || Math.abs(actual - expected) < 1e-4

/** The functions that a run calls on values that are not finite, and that this adapter does not compute as IEEE 754 does. */
export async function unpromised(gpu: Gpu, { kernel, data }: KernelRun): Promise<string[]> {
  const floats = Object.values(data).filter(values => values instanceof Float32Array)
  if (floats.every(values => values.every(Number.isFinite))) return []
  const text = kernel.shader.wgsl.replace(/\/\/.*$/gm, '')
  return [...(await unlikeIeee(gpu))].filter(name => text.includes(`${name}(`))
}
