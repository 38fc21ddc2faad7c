import { PICKLE_OPCODES, type PickleOpcode } from '../../src/weights/pickle_opcodes.ts'

/** An opcode's name, raw bytes, or text after a colon. */
export type Part = PickleOpcode | number[] | string

/** Assembles a pickle from its parts. */
export function pickle(...parts: Part[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap(part => {
      if (typeof part !== 'string') return part
      return part.startsWith(':') ? [...Buffer.from(part.slice(1))] : [PICKLE_OPCODES[part as PickleOpcode]]
    }),
  )
}
