// The server that a probe talks to: it has the job and the files, and takes progress and reports.

import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { ProbeJob } from './probe/probe.ts'
import type { ProbeReport } from './probe/report.ts'

export interface ProbeServer {
  /** http://127.0.0.1:PORT, which browsers treat as secure: others have no WebGPU. */
  url: string
  close(): void
}

export interface Served {
  bundle: string
  job: ProbeJob
  files: ReadonlyMap<string, Uint8Array>
  onProgress(text: string): void
  onReport(report: ProbeReport): void
}

const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>Atrous: the probe of an adapter</title>
<link rel="icon" href="data:,">
<script type="module">
  import { run } from '/probe.mjs'
  await run(navigator.gpu, location.origin)
</script>
`

export async function serveProbe(served: Served): Promise<ProbeServer> {
  const server = createServer(async (request, response) => {
    const found = await answer(request, served)
    response.writeHead(found ? 200 : 404, { 'content-type': found?.type ?? 'text/plain' })
    response.end(found?.body)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => end(server) }
}

function end(server: Server): void {
  server.close()
  server.closeAllConnections()
}

type Answer = { type: string; body: string | Uint8Array }

async function answer(request: IncomingMessage, served: Served): Promise<Answer | undefined> {
  const path = decodeURIComponent(request.url ?? '')
  if (request.method === 'POST') {
    const body = await text(request)
    if (path === '/report') served.onReport(JSON.parse(body))
    else served.onProgress(body)
    return { type: 'text/plain', body: '' }
  }
  if (path === '/') return { type: 'text/html', body: PAGE }
  if (path === '/probe.mjs') return { type: 'text/javascript', body: await readFile(served.bundle) }
  if (path === '/job') return { type: 'application/json', body: JSON.stringify(served.job) }
  const file = served.files.get(path.replace(/^\/data\//, ''))
  return file && { type: 'application/octet-stream', body: file }
}
