// A ZIP that grows file by file. The page loads this when it writes the first one.

import { Zip, ZipDeflate, ZipPassThrough } from 'fflate'

export class Archive {
  readonly #parts: BlobPart[] = []
  readonly #zip = new Zip((error, part) => {
    if (error) throw error
    this.#parts.push(part as BlobPart)
  })

  /** Photos are compressed already. Waits for the page's next task, so that it stays alive meanwhile. */
  async add(path: string, content: string | Uint8Array): Promise<void> {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
    const isText = /\.(json|txt)$/.test(path)
    const entry = isText ? new ZipDeflate(path) : new ZipPassThrough(path)
    this.#zip.add(entry)
    entry.push(bytes, true)
    await new Promise(resolve => setTimeout(resolve))
  }

  end(): Blob {
    this.#zip.end()
    return new Blob(this.#parts, { type: 'application/zip' })
  }
}
