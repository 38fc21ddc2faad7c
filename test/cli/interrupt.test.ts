import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { catchSignals, InterruptedError } from '../../src/cli/interrupt.ts'
import { rejection } from '../node/support.ts'

const COMMAND = fileURLToPath(new URL('signalled.ts', import.meta.url))

describe('catchSignals', () => {
  /** Runs the command, sends SIGINT once it works, and goes on with `send` once that is caught. Returns its output and its exit code as a shell reports it. */
  async function ended(milliseconds: number, send: (child: ChildProcess) => Promise<void>) {
    const child = spawn(process.execPath, ['--import', 'tsx', COMMAND, String(milliseconds)])
    const stdout = text(child.stdout)
    const exit = once(child, 'exit')
    await once(child.stdout, 'data')
    child.kill('SIGINT')
    await once(child.stdout, 'data')
    await send(child)
    const [code, signal] = await exit
    return {
      code: signal ? 128 + constants.signals[signal as NodeJS.Signals] : code,
      stdout: await stdout,
    }
  }

  it('counts a signal that arrives twice, as through npx, as one: the work is saved', async () => {
    const { code, stdout } = await ended(200, async child => {
      child.kill('SIGINT')
    })
    expect({ code, stdout }).to.deep.equal({ code: 130, stdout: 'ready\ncaught SIGINT\nkept\n' })
  })

  it('ends the process at once at a second signal', async () => {
    const { code, stdout } = await ended(1_000_000, async child => {
      await sleep(1100)
      child.kill('SIGTERM')
    })
    expect({ code, stdout }).to.deep.equal({ code: 143, stdout: 'ready\ncaught SIGINT\n' })
  })

  it('has the exit code that a shell expects for each signal, and leaves no listener', async () => {
    for (const [signal, exitCode] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
      ['SIGHUP', 129],
    ] as const) {
      const before = process.listenerCount(signal)
      const interrupt = catchSignals()
      const work = interrupt.orEnd(sleep(60_000, undefined, { ref: false }))
      const [listener] = process.rawListeners(signal).slice(-1)
      listener(signal)
      const error = await rejection(work)
      expect(error).to.be.instanceOf(InterruptedError).and.include({ signal, exitCode })
      expect(interrupt.error).to.equal(error)
      expect(interrupt.signal.aborted).to.equal(true)
      expect(() => interrupt.check()).to.throw(error.message)
      interrupt.release()
      expect(process.listenerCount(signal)).to.equal(before)
    }
  })
})
