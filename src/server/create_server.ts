// A server of models: from options to routes, and from the first load to the last answer.

import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { Semaphore } from '../concurrency.ts'
import { UserError } from '../errors.ts'
import { DeepLab } from '../node/deeplab.ts'
import { version } from '../node/version.ts'
import { isLocal, Pages } from './access.ts'
import { addAdmission } from './admission.ts'
import { batcherOf } from './batcher.ts'
import { Bodies } from './bodies.ts'
import { addRoutes, createHttpServer } from './http_server.ts'
import { createMetrics } from './metrics.ts'
import { PictureEncoder } from './picture_encoder.ts'
import { PhotoQueue } from './request.ts'
import { type ModelSource, modelsIn, type ServedModel, ServedModels } from './served_models.ts'
import { type ServerOptions, serverLimits } from './server_options.ts'
import type { Service } from './service.ts'

export interface AtrousServer {
  /**
   * Listens, and returns the URL. Default: port 8000 of 127.0.0.1. Port 0 is any free one. Throws a UserError for an address that other
   * machines reach if there is neither a token nor `insecure`.
   */
  listen(address?: { port?: number; host?: string }): Promise<string>
  /** Resolves when the models are loaded that the server starts with. Rejects if one cannot be loaded. */
  ready(): Promise<void>
  /** Answers what it has taken, takes no more, and frees the models that it has loaded. */
  close(): Promise<void>
}

/** How many photos of the largest size may be in memory at one time. */
const LARGEST_PHOTOS = 4

/** After the last answer, connections that are not idle have this long, in milliseconds: a slow client may never end. */
const LAST_MS = 1000

/**
 * A server that segments photos: the Open Inference Protocol (KServe's and Triton's), and POST /segment. It loads its models at once.
 * Throws a UserError for invalid options.
 */
export function createServer(options: ServerOptions): AtrousServer {
  const limits = serverLimits(options)
  const app = createHttpServer(limits, options.logLevel ?? 'silent')
  let isStarted = false
  const ending = new AbortController()
  const models = servedModels(options, {
    signal: ending.signal,
    batch: (name, photos) => metrics.batch(name, photos),
    recovered: name => {
      metrics.recovered(name)
      app.log.warn({ model: name }, 'the GPU was lost, and another took its place')
    },
    failed: (error, name) => app.log.error({ model: name, err: error }, 'the model cannot be loaded'),
    ...limits,
  })
  const queue = new PhotoQueue(limits.queue)
  const metrics = createMetrics({ queue: () => queue.taken, models: () => models.ready.map(gaugesOf) })
  const service: Service = {
    limits,
    models,
    queue,
    metrics,
    encoder: new PictureEncoder(),
    cutouts: new Semaphore(1),
    version,
    bodies: new Bodies({ most: limits.maxBodyBytes }),
    pages: new Pages({ hosts: options.allowHosts, origins: options.allowOrigins }),
    hasToken: options.token !== undefined,
    pixels: new Semaphore(LARGEST_PHOTOS * limits.maxPixels),
    isReady: () => isStarted && !admission.isDraining,
  }
  const admission = addAdmission(app, service, options.token)
  addRoutes(app, service)
  const started = loadAll(models, options).then(() => {
    isStarted = true
    app.log.info({ models: models.ready.map(({ name }) => name) }, 'ready')
  })
  started.catch(() => undefined) // `ready` reports it
  let closing: Promise<void> | undefined
  const close = async () => {
    app.log.info('shutting down')
    ending.abort(new UserError('the server was closed'))
    admission.drain()
    await admission.idle()
    await endConnections(app)
    await started.catch(() => undefined)
    await models.close()
    await service.encoder.close()
  }
  return {
    listen: address => listen(app, { ...address, isOpen: !service.hasToken && !options.insecure, service }),
    ready: () => started,
    close: () => {
      closing ??= close()
      return closing
    },
  }
}

/** The numbers of a model in the metrics. */
const gaugesOf = ({ name, model, batcher }: ServedModel) => ({
  name,
  waiting: batcher.waiting,
  gpuBytes: model.gpu.memory.liveBytes,
})

interface Address {
  port?: number
  host?: string
  /** Whether requests need no token. */
  isOpen: boolean
  service: Service
}

async function listen(
  app: FastifyInstance,
  { port = 8000, host = '127.0.0.1', isOpen, service: { pages, limits } }: Address,
): Promise<string> {
  if (isOpen && !isLocal(host))
    throw new UserError(
      `host ${host}: every machine that reaches it could use the server: give a token (--token, ATROUS_TOKEN) or allow that (--insecure)`,
    )
  pages.bind(host)
  // As many may wait to be accepted: where more come at once, some would try again after seconds.
  return app.listen({ port, host, backlog: limits.maxConnections })
}

async function endConnections(app: FastifyInstance): Promise<void> {
  const closed = app.close()
  await Promise.race([closed, sleep(LAST_MS)])
  app.server.closeAllConnections()
  await closed
}

interface ModelEvents {
  /** Ends loads that are under way. */
  signal: AbortSignal
  batchSize: number
  batchDelay: number
  batch(name: string, photos: number): void
  recovered(name: string): void
  failed(error: unknown, name: string): void
}

function servedModels({ models = {}, folder, precision }: ServerOptions, events: ModelEvents): ServedModels {
  const { batchSize, batchDelay } = events
  const openPath = (path: string) => DeepLab.load(path, { precision, signal: events.signal })
  const sourceOf = (given: DeepLab | string): ModelSource =>
    typeof given === 'string'
      ? { open: () => openPath(given), isOwned: true }
      : { open: async () => given, isOwned: false }
  return new ServedModels({
    sources: new Map(Object.entries(models).map(([name, given]) => [name, sourceOf(given)])),
    folder,
    openPath,
    onError: (error, name) => {
      if (!events.signal.aborted) events.failed(error, name) // A load that the server's end cut short is no failure.
    },
    batcherOf: (name, model) =>
      batcherOf(model, {
        batchSize,
        batchDelay,
        onBatch: photos => events.batch(name, photos),
        onRecovery: () => events.recovered(name),
      }),
  })
}

/** One after the other, in the order of the options. */
async function loadAll(served: ServedModels, { models = {}, folder, load }: ServerOptions): Promise<void> {
  const given = Object.keys(models)
  const all = given.length === 0 && load === undefined && folder !== undefined
  const names = all ? [...(await modelsIn(folder)).keys()] : [...given, ...(load ?? [])]
  for (const name of names) await served.load(name)
}
