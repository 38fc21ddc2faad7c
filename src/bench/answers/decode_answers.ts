// The content of known_answers.json, as the checks take it.

import type { Kernel } from '../../gpu/kernel.ts'
import type { Bytes } from '../../gpu/run_kernel.ts'
import type { ShaderName } from '../../gpu/shaders.gen.ts'
import { shadersByName } from '../../gpu/shaders_by_name.ts'
import type { KnownAnswer, KnownOutput } from './kernel_check.ts'

/** The content of the file. JSON has no infinite numbers: they are stored as strings. */
interface KnownAnswersFile {
  /** Buffers in base64. Several answers may share one. */
  buffers: string[]
  answers: StoredAnswer[]
}

export interface StoredAnswer extends Omit<KnownAnswer, 'kernel' | 'inputs' | 'outputs'> {
  kernel: Omit<Kernel, 'shader'> & { shader: ShaderName }
  /** The index of each buffer. */
  inputs: Record<string, number>
  outputs: Record<string, Pick<KnownOutput, 'tolerance'> & { buffer: number }>
}

export function decodeAnswers(text: string): KnownAnswer[] {
  const { buffers, answers }: KnownAnswersFile = JSON.parse(text, revive)
  const bytes = buffers.map(fromBase64)
  return answers.map(({ kernel, inputs, outputs, ...answer }) => ({
    ...answer,
    kernel: { ...kernel, shader: shadersByName[kernel.shader] },
    inputs: mapValues(inputs, index => bytes[index]),
    outputs: mapValues(outputs, ({ buffer, tolerance }) => ({ bytes: bytes[buffer], tolerance })),
  }))
}

const fromBase64 = (text: string): Bytes => Uint8Array.from(atob(text), character => character.charCodeAt(0))

const revive = (_key: string, value: unknown) =>
  value === 'Infinity' || value === '-Infinity' ? Number(value) : value

const mapValues = <From, To>(record: Record<string, From>, change: (value: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]))
