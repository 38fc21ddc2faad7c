// The options of a server, checked.

import { UserError } from '../errors.ts'
import { PRECISION } from '../inference/precision.ts'
import type { Precision } from '../kernels/layout.ts'
import type { DeepLab } from '../node/deeplab.ts'
import { checkOptions, type DeclaredOptions, FLAG, oneOfTexts, shown } from '../options.ts'

export interface ServerLimits {
  /** The most photos of one size that run in one batch. Default 8. */
  batchSize: number
  /** How long a photo waits for others of its size while the model has nothing to do, in milliseconds. Default 5. */
  batchDelay: number
  /** The most photos that are taken and not answered. A server with more answers 503. Default 128. */
  queue: number
  /** The most seconds from a request's arrival to its answer. Default 60. */
  timeout: number
  /** The most bytes of a request's body. Default 32 MiB. */
  maxBodyBytes: number
  /** The most pixels of a photo, and of all views of it that the network sees. Default 2²⁵. */
  maxPixels: number
  /** The most connections at one time. Default 4096. */
  maxConnections: number
}

const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const

export type LogLevel = (typeof LOG_LEVELS)[number]

export interface ServerOptions extends Partial<ServerLimits> {
  /**
   * The models by the names that requests call them: a loaded model, which stays the caller's, or what `DeepLab.load` takes as a text.
   * The first one answers `POST /segment` without a `model`.
   */
  models?: Readonly<Record<string, DeepLab | string>>
  /** A folder of checkpoints, which can be loaded and unloaded by name while the server runs. */
  folder?: string
  /** The names in `folder` to load at the start. Default: all if there are no `models`, else none. */
  load?: readonly string[]
  /** The precision of models that the server loads. */
  precision?: Precision
  /** Each request must bring this token, as `Authorization: Bearer …`. Default: none is needed. */
  token?: string
  /** Whether an address that other machines reach is served without a token. Default: no. */
  insecure?: boolean
  /**
   * Names that requests may call the server in the header Host, besides its address; `.example.com` also stands for all names below.
   */
  allowHosts?: readonly string[]
  /** The origins of pages that may use the server, such as `https://example.com`. Default: none but the server's own. */
  allowOrigins?: readonly string[]
  /** The level of the log on standard error, in lines of JSON. Default: silent. */
  logLevel?: LogLevel
}

const DEFAULTS: ServerLimits = {
  batchSize: 8,
  batchDelay: 5,
  queue: 128,
  timeout: 60,
  maxBodyBytes: 2 ** 25,
  maxPixels: 2 ** 25,
  maxConnections: 4096,
}

const NAMES: DeclaredOptions<ServerOptions> = {
  batchSize: true,
  batchDelay: true,
  queue: true,
  timeout: true,
  maxBodyBytes: true,
  maxPixels: true,
  maxConnections: true,
  models: true,
  folder: true,
  load: true,
  precision: PRECISION,
  token: true,
  insecure: FLAG,
  allowHosts: true,
  allowOrigins: true,
  logLevel: oneOfTexts(...LOG_LEVELS),
}

/** The limits, with their defaults. Throws a UserError that names the first invalid option. */
export function serverLimits(options: ServerOptions): ServerLimits {
  checkOptions(options, NAMES)
  const { token, models = {}, folder, allowHosts = [], allowOrigins = [] } = options
  for (const host of allowHosts)
    if (!/^\.?[\w-]+(\.[\w-]+)*$/.test(host))
      throw new UserError(
        `allowHosts: expected a name without a port, such as example.com, got ${shown(host)}`,
      )
  for (const origin of allowOrigins)
    if (!URL.canParse(origin) || new URL(origin).origin !== origin)
      throw new UserError(
        `allowOrigins: expected an origin, such as https://example.com, got ${shown(origin)}`,
      )
  if (token !== undefined && (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)))
    throw new UserError('token: expected letters, digits and signs without spaces')
  if (Object.keys(models).length === 0 && folder === undefined)
    throw new UserError('models: expected at least one model, or a folder of models')
  const given = Object.entries(options).filter(([name, value]) => name in DEFAULTS && value !== undefined)
  const limits: ServerLimits = { ...DEFAULTS, ...Object.fromEntries(given) }
  const { batchDelay, timeout, ...counts } = limits
  checkNumber('timeout', timeout, { is: timeout > 0, expected: 'a number above 0' })
  checkNumber('batchDelay', batchDelay, { is: batchDelay >= 0, expected: 'a number from 0 up' })
  for (const [name, value] of Object.entries(counts)) {
    checkNumber(name, value, { is: value > 0, expected: 'a number above 0' })
    checkNumber(name, value, { is: Number.isInteger(value), expected: 'a whole number' })
  }
  return limits
}

function checkNumber(
  name: string,
  value: unknown,
  { is, expected }: { is: boolean; expected: string },
): void {
  if (!(typeof value === 'number' && Number.isFinite(value) && is))
    throw new UserError(`${name}: expected ${expected}, got ${shown(value)}`)
}
