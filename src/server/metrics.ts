// The metrics of a server, for Prometheus.

import { setImmediate } from 'node:timers/promises'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** In seconds: from a small photo on a fast GPU to a large one on a CPU adapter. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

const BATCHES = [1, 2, 4, 8, 16, 32, 64]

/** The stages of a request: its photos are decoded, wait for the model, run, may be cut out, and the result is encoded. */
const STAGES = ['decode', 'wait', 'gpu', 'cutout', 'encode'] as const

export type RequestStage = (typeof STAGES)[number]

/** How long the stages of a request took, in milliseconds. Of several photos, which run side by side, the longest counts. */
export type StageTimes = Partial<Record<RequestStage, number>>

/** The values that are measured when Prometheus asks. */
interface Sampled {
  /** Photos that are taken and not answered. */
  queue(): number
  /** The models that answer, with the photos that wait for each and its bytes on the GPU. */
  models(): { name: string; waiting: number; gpuBytes: number }[]
}

interface FinishedRequest {
  method: string
  /** The route's pattern and not the URL, whose values have no end. */
  route: string
  status: number
  seconds: number
  stages: StageTimes
}

export interface ServerMetrics {
  contentType: string
  text(): Promise<string>
  finished(request: FinishedRequest): void
  batch(model: string, photos: number): void
  recovered(model: string): void
}

export function createMetrics({ queue, models }: Sampled): ServerMetrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  sampledGauges(registers, { queue, models })
  const responses = new Counter({
    name: 'atrous_responses_total',
    help: 'Answers by route and status; 499: the client had gone.',
    labelNames: ['method', 'route', 'code'],
    registers,
  })
  const latency = new Histogram({
    name: 'atrous_request_seconds',
    help: 'Time from a request to the end of its answer.',
    labelNames: ['route'],
    buckets: SECONDS,
    registers,
  })
  const stage = new Histogram({
    name: 'atrous_stage_seconds',
    help: 'Time in a stage: decode, wait, gpu, cutout, encode.',
    labelNames: ['stage'],
    buckets: SECONDS,
    registers,
  })
  const batches = new Histogram({
    name: 'atrous_batch_photos',
    help: 'Photos that ran in one batch.',
    labelNames: ['model'],
    buckets: BATCHES,
    registers,
  })
  const recoveries = new Counter({
    name: 'atrous_gpu_recoveries_total',
    help: 'Times that another GPU device took the place of a lost one.',
    labelNames: ['model'],
    registers,
  })
  let text: Promise<string> | undefined
  return {
    contentType: registry.contentType,
    // It takes milliseconds. All that ask in one turn of the event loop get one text.
    text() {
      text ??= setImmediate().then(() => {
        text = undefined
        return registry.metrics()
      })
      return text
    },
    finished({ method, route, status, seconds, stages }) {
      responses.inc({ method, route, code: status })
      latency.observe({ route }, seconds)
      for (const name of STAGES)
        if (stages[name] !== undefined) stage.observe({ stage: name }, stages[name] / 1000)
    },
    batch: (model, photos) => batches.observe({ model }, photos),
    recovered: model => recoveries.inc({ model }),
  }
}

function sampledGauges(registers: Registry[], { queue, models }: Sampled): void {
  new Gauge({
    name: 'atrous_queue_photos',
    help: 'Photos that are taken and not answered.',
    registers,
    collect() {
      this.set(queue())
    },
  })
  new Gauge({
    name: 'atrous_waiting_photos',
    help: 'Decoded photos that wait for a model.',
    registers,
    labelNames: ['model'],
    collect() {
      this.reset()
      for (const { name, waiting } of models()) this.set({ model: name }, waiting)
    },
  })
  new Gauge({
    name: 'atrous_gpu_bytes',
    help: "Bytes of a model's buffers on the GPU.",
    registers,
    labelNames: ['model'],
    collect() {
      this.reset()
      for (const { name, gpuBytes } of models()) this.set({ model: name }, gpuBytes)
    },
  })
}
