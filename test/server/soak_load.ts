// Requests over some connections, each checked: its id, and the mask of its own photo.

import { Agent, request } from 'node:http'
import { binaryRequest, bytesElement, SIZE } from './support.ts'

export interface SoakPhoto {
  png: Buffer
  mask: Buffer
}

export interface Load {
  url: string
  photos: readonly SoakPhoto[]
  requests: number
  connections: number
}

/** The latencies, in milliseconds. Throws at the first answer that is not right. */
export async function runLoad({ url, photos, requests, connections }: Load): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const milliseconds: number[] = []
  let next = 0
  const client = async () => {
    while (next < requests) {
      const id = next++
      const start = performance.now()
      await askFor(photos[(id * 7919) % photos.length], { url, id: `photo-${id}`, agent })
      milliseconds.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: connections }, client))
  agent.destroy()
  return milliseconds
}

export function percentile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}

async function askFor(
  { png, mask }: SoakPhoto,
  { url, id, agent }: { url: string; id: string; agent: Agent },
): Promise<void> {
  const element = bytesElement(png)
  const parameters = { binary_data_size: element.length }
  const inputs = [{ name: 'image', datatype: 'BYTES', shape: [1], parameters }]
  const json = { id, inputs, parameters: { size: SIZE, binary_data_output: true } }
  const { headers, body } = binaryRequest(json, element)
  const answer = await post(`${url}/v2/models/scenes/infer`, {
    ...{ agent, body: body as Uint8Array, headers: headers as Record<string, string> },
  })
  const found = JSON.parse(answer.body.subarray(0, answer.jsonLength).toString())
  if (answer.status !== 200) throw new Error(`${id}: status ${answer.status}: ${answer.body}`)
  if (found.id !== id) throw new Error(`${id}: the answer has the id ${found.id}`)
  if (!answer.body.subarray(answer.jsonLength).equals(mask)) throw new Error(`${id}: another photo's mask`)
}

export function post(
  url: string,
  { agent, headers, body }: { agent?: Agent; headers: Record<string, string>; body: Uint8Array },
): Promise<{ status: number; jsonLength?: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: 'POST',
      agent,
      headers: { ...headers, 'Content-Length': body.length },
    })
    sent.on('error', reject)
    sent.on('response', async response => {
      try {
        const chunks: Buffer[] = []
        for await (const chunk of response) chunks.push(chunk)
        const length = response.headers['inference-header-content-length']
        const jsonLength = length === undefined ? undefined : Number(length)
        resolve({ status: response.statusCode!, jsonLength, body: Buffer.concat(chunks) })
      } catch (error) {
        reject(error)
      }
    })
    sent.end(body)
  })
}
