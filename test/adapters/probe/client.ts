// The probe as a program: it takes its job from a server, and sends its reports there. bundle.ts adds the suites and the answers.

import { decodeAnswers } from '../../../src/bench/answers/decode_answers.ts'
import type { KernelSuite } from '../../support/kernel_suite.ts'
import { type ProbeJob, probe } from './probe.ts'
import type { ProbeReport } from './report.ts'

/** `entry` is undefined in a runtime without WebGPU. */
export async function runProbe(entry: GPU | undefined, server: string, suites: KernelSuite[]): Promise<void> {
  const get = (path: string) => fetch(`${server}/${path}`)
  const post = async (path: string, body: string) => {
    await fetch(`${server}/${path}`, { method: 'POST', body })
  }
  const onReport = (report: ProbeReport) => post('report', JSON.stringify(report))
  if (!entry) return onReport({ parts: [], finished: false, error: 'this runtime has no WebGPU' })
  const job: ProbeJob = await (await get('job')).json()
  await probe(entry, job, {
    answers: decodeAnswers(await (await get('data/known_answers.json')).text()),
    suites,
    read: async name => new Uint8Array(await (await get(`data/${name}`)).arrayBuffer()),
    onProgress: text => void post('progress', text),
    onReport,
  })
}
