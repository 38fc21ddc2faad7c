// Vectors of three numbers: points, directions, and colours in linear light. All of scenes/ uses only + − × ÷ and √: IEEE 754
// defines their results exactly, while Math.sin, Math.pow and others differ between engines.

export type Vector = readonly [x: number, y: number, z: number]

export const add = (a: Vector, b: Vector): Vector => [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
export const subtract = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
/** Component-wise product, as of light and a surface's colour. */
export const multiply = (a: Vector, b: Vector): Vector => [a[0] * b[0], a[1] * b[1], a[2] * b[2]]
export const scale = (a: Vector, by: number): Vector => [a[0] * by, a[1] * by, a[2] * by]
export const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
export const length = (a: Vector): number => Math.sqrt(dot(a, a))
export const normalise = (a: Vector): Vector => scale(a, 1 / length(a))
export const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
]

/** a + t·b. */
export const along = (a: Vector, b: Vector, t: number): Vector => [
  a[0] + t * b[0],
  a[1] + t * b[1],
  a[2] + t * b[2],
]

/** Interpolates from a at t = 0 to b at t = 1. */
export const mix = (a: Vector, b: Vector, t: number): Vector => [
  a[0] + (b[0] - a[0]) * t,
  a[1] + (b[1] - a[1]) * t,
  a[2] + (b[2] - a[2]) * t,
]
