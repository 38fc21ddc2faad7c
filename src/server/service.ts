// The parts of the server that all routes share.

import type { Semaphore } from '../concurrency.ts'
import type { Pages } from './access.ts'
import type { Bodies } from './bodies.ts'
import type { ServerMetrics } from './metrics.ts'
import type { PictureEncoder } from './picture_encoder.ts'
import type { PhotoQueue } from './request.ts'
import type { ServedModels } from './served_models.ts'
import type { ServerLimits } from './server_options.ts'

export interface Service {
  limits: ServerLimits
  models: ServedModels
  /** The photos that are taken and not answered. */
  queue: PhotoQueue
  bodies: Bodies
  /** The rights of pages in browsers. */
  pages: Pages
  /** The pixels of decoded photos that may be in memory at one time. */
  pixels: Semaphore
  metrics: ServerMetrics
  encoder: PictureEncoder
  /** One cut-out at a time: each takes some hundred megabytes of the GPU. */
  cutouts: Semaphore
  /** Whether the models that the server starts with are loaded, and it takes requests. */
  isReady(): boolean
  /** Whether requests must bring a token. */
  hasToken: boolean
  /** The program's version. */
  version: string
}
