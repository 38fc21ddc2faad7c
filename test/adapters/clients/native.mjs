// Runs the probe in a runtime that has WebGPU itself, such as Deno: native.mjs BUNDLE SERVER
import { argv, exit } from 'node:process'
import { pathToFileURL } from 'node:url'

const [bundle, server] = argv.slice(2)
const { run } = await import(pathToFileURL(bundle).href)
await run(navigator.gpu, server)
exit()
