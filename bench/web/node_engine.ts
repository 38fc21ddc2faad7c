// This package in Node, on the adapter that the pages have.

import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { SWIFTSHADER } from '../../test/web/mask_in_node.ts'
import { processorMilliseconds } from '../../test/web/processes.ts'
import type { MeasuredRun } from './engine_page.ts'
import type { NodeRun } from './node_process.ts'

export class NodeEngine {
  readonly #process: ChildProcess

  constructor(workload: string) {
    this.#process = fork(fileURLToPath(new URL('node_process.ts', import.meta.url)), [workload], {
      serialization: 'advanced', // typed arrays
      stdio: ['ignore', process.stderr, process.stderr, 'ipc'], // stdout is for results
      env: { ...process.env, VK_ICD_FILENAMES: SWIFTSHADER, VK_DRIVER_FILES: SWIFTSHADER },
    })
  }

  async run(): Promise<MeasuredRun> {
    const pids = [this.#process.pid!]
    const used = processorMilliseconds(pids)
    const { milliseconds, mask } = await this.#answer()
    const text = Buffer.from(mask).toString('latin1')
    return { milliseconds, mask: text, processorMilliseconds: processorMilliseconds(pids) - used }
  }

  #answer(): Promise<NodeRun> {
    return new Promise((resolve, reject) => {
      const ended = (code: number | null) => reject(new Error(`Node's process ended (${code})`))
      this.#process.once('exit', ended)
      this.#process.once('message', message => {
        this.#process.off('exit', ended)
        resolve(message as NodeRun)
      })
      this.#process.send('run')
    })
  }

  stop(): void {
    this.#process.kill()
  }
}
