/**
 * A server that segments photos over HTTP, in Node: what `atrous serve` runs.
 * @module atrous/server
 */

export { type AtrousServer, createServer } from './create_server.ts'
export type { LogLevel, ServerLimits, ServerOptions } from './server_options.ts'
