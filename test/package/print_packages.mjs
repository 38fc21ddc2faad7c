// For `node --import`: prints the name of each loaded package on stderr, once.
import { writeSync } from 'node:fs'
import { createRequire, register } from 'node:module'
import { isMainThread } from 'node:worker_threads'

const STDERR = 2
const seen = new Set()

if (isMainThread) {
  register(import.meta.url)
  process.on('exit', () => Object.keys(createRequire(import.meta.url).cache).forEach(print))
}

export function load(url, context, next) {
  print(url)
  return next(url, context)
}

function print(file) {
  const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file) ?? []
  if (!name || seen.has(name)) return
  seen.add(name)
  writeSync(STDERR, `${name}\n`)
}
