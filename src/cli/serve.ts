// `atrous serve`: answers requests over HTTP.

import { basename } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { UserError } from '../errors.ts'
import { parameterName, REFINED_NAMES } from '../inference/option_texts.ts'
import type { Precision } from '../kernels/layout.ts'
import type { AtrousServer, LogLevel, ServerOptions } from '../server/index.ts'
import { catchSignals, type Interrupt } from './interrupt.ts'
import { DEFAULT_MODEL } from './model.ts'
import { number, positiveInteger, precisionOption, wholeNumber } from './options.ts'

const EXAMPLES = `
Examples:
  atrous serve                                   the default model on port 8000
  atrous serve --model scenes --model birds=out/checkpoint
                                                 two models, by these names
  atrous serve --models /srv/models              all checkpoints in a folder
  atrous serve --models /srv/models --model a    of the folder, only a; others
                                                 by POST …/models/NAME/load
  curl -H 'Content-Type: image/jpeg' --data-binary @photo.jpg \\
    localhost:8000/segment?output=overlay -o overlay.png

It speaks the Open Inference Protocol (KServe's and Triton's) under /v2.
/openapi.json describes all routes, /metrics is for Prometheus. Requests take the
options of \`atrous segment\` as parameters:
${REFINED_NAMES.map(parameterName).join(', ')}.
Logs are lines of JSON on standard error.

It listens on 127.0.0.1, where only this machine reaches it. Another --host needs
a token (ATROUS_TOKEN hides it from lists of processes) or --insecure; let a proxy
add TLS. Requests must call it by its address, localhost or an --allow-host, and
pages of other sites need an --allow-origin. On SIGTERM or Ctrl-C it answers what
it has taken, and ends with exit code 0.`

interface Options {
  host: string
  port: number
  model: string[]
  models?: string
  precision: Precision
  gpu?: string
  token?: string
  insecure?: boolean
  allowHost: string[]
  allowOrigin: string[]
  batch: number
  batchDelay: number
  queue: number
  timeout: number
  maxBody: number
  maxMegapixels: number
  maxConnections: number
  logLevel: LogLevel
}

export function serveCommand(): Command {
  return new Command('serve')
    .description('Answers requests over HTTP: photos in, masks out.')
    .option('--host <address>', 'the address to listen on', '127.0.0.1')
    .option('--port <n>', 'the port to listen on; 0: any that is free', portNumber, 8000)
    .option('-m, --model <model>', `a model, as NAME or NAME=MODEL; may be given several times`, append, [])
    .option('--models <folder>', 'a folder of checkpoints, to load and unload by name')
    .addOption(precisionOption())
    .option('--gpu <name>', "a part of the GPU's name, where there are several")
    .addOption(new Option('--token <text>', 'the bearer token that requests must bring').env('ATROUS_TOKEN'))
    .option('--insecure', 'let --host be an address that other machines reach, without a token')
    .option('--allow-host <name>', 'a name that requests may call the server; several times', append, [])
    .option('--allow-origin <origin>', 'a site whose pages may use the server; several times', append, [])
    .option('--batch <n>', 'the most photos of one size in one batch', positiveInteger, 8)
    .option('--batch-delay <ms>', 'how long a photo waits for others', number, 5)
    .option('--queue <n>', 'the most photos that wait; with more, the answer is 503', positiveInteger, 128)
    .option('--timeout <seconds>', 'the most seconds for an answer', positiveInteger, 60)
    .option('--max-body <MiB>', "the most MiB of a request's body", positiveInteger, 32)
    .option('--max-megapixels <n>', 'the most megapixels of a photo', positiveInteger, 33)
    .option('--max-connections <n>', 'the most connections', positiveInteger, 4096)
    .addOption(
      new Option('--log-level <level>', 'what is logged')
        .choices(['silent', 'error', 'warn', 'info', 'debug'])
        .default('info'),
    )
    .addHelpText('after', EXAMPLES)
    .action(serve)
}

async function serve(options: Options): Promise<void> {
  const { createServer } = await import('../server/index.ts')
  if (options.gpu !== undefined) process.env.ATROUS_GPU = options.gpu
  const interrupt = catchSignals()
  try {
    const server = createServer(await serverOptions(options))
    try {
      await run(server, options, interrupt)
    } finally {
      await server.close()
    }
  } finally {
    interrupt.release()
  }
}

/** Until a signal. The server listens before its models are loaded, so that a probe sees that it lives. */
async function run(server: AtrousServer, { host, port }: Options, { signal }: Interrupt): Promise<void> {
  await server.listen({ host, port }).catch(error => {
    if (error instanceof UserError) throw error
    const isTaken = error.code === 'EADDRINUSE'
    const reason = isTaken ? 'the port is taken; give another, or 0 for any that is free' : error.message
    throw new UserError(`--host ${host} --port ${port}: ${reason}`)
  })
  const ended = new Promise<void>(resolve => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
  await Promise.race([server.ready(), ended])
  await ended
}

async function serverOptions(options: Options): Promise<ServerOptions> {
  const { models: folder, precision, token, insecure } = options
  const { batchDelay, queue, timeout, maxConnections, logLevel } = options
  const named = options.model.length === 0 && folder === undefined ? [DEFAULT_MODEL] : options.model
  const inFolder = folder === undefined ? new Map() : await modelNames(folder)
  const load = named.filter(name => inFolder.has(name))
  const others = named.filter(name => !inFolder.has(name)).map(nameAndSource)
  const twice = others.find(([name], i) => others.findIndex(other => other[0] === name) < i)
  if (twice) throw new UserError(`--model: two models have the name ${twice[0]}; name one as NAME=MODEL`)
  return {
    models: Object.fromEntries(others),
    folder,
    load: named.length > 0 ? load : undefined,
    precision,
    token,
    insecure,
    allowHosts: options.allowHost,
    allowOrigins: options.allowOrigin,
    batchSize: options.batch,
    batchDelay,
    queue,
    timeout,
    maxConnections,
    logLevel,
    maxBodyBytes: options.maxBody * 2 ** 20,
    maxPixels: options.maxMegapixels * 1e6,
  }
}

const modelNames = async (folder: string) => (await import('../server/served_models.ts')).modelsIn(folder)

/** `birds=out/checkpoint`, or the last part of a path or a URL as the name. */
function nameAndSource(text: string): [name: string, source: string] {
  const [, name, source] = /^([^=/\\:]+)=(.+)$/.exec(text) ?? []
  if (name !== undefined) return [name, source]
  return [basename(text).replace(/\.(safetensors|pth|pt|bin)$/, ''), text]
}

const append = (text: string, all: string[]): string[] => [...all, text]

function portNumber(text: string): number {
  const port = wholeNumber(text)
  if (port > 65_535) throw new InvalidArgumentError('Expected a port, from 0 to 65535.')
  return port
}
