// A wave by itself: how long it takes when it has its processor alone.

import type { Instruction, Loop, Program } from './program.ts'

export interface Wave {
  /** In cycles. */
  time: number
  issue(instruction: Instruction): void
  /** As if so many cycles more had gone by, in which nothing changed. */
  skip(cycles: number): void
}

/** The cycles of a wave. A loop is run twice, and its other turns take as long as the second one. */
export function cyclesAlone(program: Program, turns: ReadonlyMap<Loop, number>, wave: Wave): number {
  const run = ({ start, end, loops }: Loop): void => {
    let at = start
    for (const loop of loops) {
      issue(at, loop.start)
      repeat(loop)
      at = loop.end
    }
    issue(at, end)
  }
  const issue = (from: number, to: number) => {
    for (let i = from; i < to; i++) wave.issue(program.instructions[i])
  }
  const repeat = (loop: Loop) => {
    const count = turns.get(loop) ?? 1
    if (count <= 0) return
    run(loop)
    if (count <= 1) return
    const first = wave.time
    run(loop)
    wave.skip((wave.time - first) * (count - 2))
  }
  run({ start: 0, end: program.instructions.length, loops: program.loops })
  return wave.time
}
