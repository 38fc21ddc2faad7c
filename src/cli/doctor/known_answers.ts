// Reads known_answers.json, which scripts/make_known_answers.ts makes from the tests of the kernels.

import { readFile } from 'node:fs/promises'
import type { KnownAnswer, KnownOutput } from './kernel_check.ts'

/** The content of the file. JSON has no infinite numbers: they are stored as strings. */
export interface KnownAnswersFile {
  /** Buffers in base64. Several answers may share one. */
  buffers: string[]
  answers: StoredAnswer[]
}

export interface StoredAnswer extends Omit<KnownAnswer, 'inputs' | 'outputs'> {
  /** The index of each buffer. */
  inputs: Record<string, number>
  outputs: Record<string, Pick<KnownOutput, 'tolerance'> & { buffer: number }>
}

export const knownAnswersFile = new URL('known_answers.json', import.meta.url)

export async function loadKnownAnswers(): Promise<KnownAnswer[]> {
  const { buffers, answers }: KnownAnswersFile = JSON.parse(await readFile(knownAnswersFile, 'utf8'), revive)
  const bytes = buffers.map(base64 => new Uint8Array(Buffer.from(base64, 'base64')))
  return answers.map(({ inputs, outputs, ...answer }) => ({
    ...answer,
    inputs: mapValues(inputs, index => bytes[index]),
    outputs: mapValues(outputs, ({ buffer, tolerance }) => ({ bytes: bytes[buffer], tolerance })),
  }))
}

const revive = (_key: string, value: unknown) =>
  value === 'Infinity' || value === '-Infinity' ? Number(value) : value

const mapValues = <From, To>(record: Record<string, From>, change: (value: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]))
