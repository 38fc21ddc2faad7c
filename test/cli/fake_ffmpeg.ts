// Programs in place of ffmpeg and ffprobe: scripts in a folder that comes first on the PATH.

import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

interface FakePrograms {
  /** The body of a Node script. `args` has its arguments, `pam(shade)` makes an image of 32×24 pixels, `log(text)` adds to a file. */
  ffmpeg?: string
  ffprobe?: string
}

/** A video of 3 frames, 10 a second. */
export const PROBE = `console.log(JSON.stringify({ streams: [{ avg_frame_rate: '10/1', nb_frames: '3' }], format: {} }))`

const PREAMBLE = (log: string) => `#!${process.execPath}
const fs = require('node:fs')
const args = process.argv.slice(2)
const log = text => fs.appendFileSync(${JSON.stringify(log)}, text + '\\n')
const pam = shade => Buffer.concat([
  Buffer.from('P7\\nWIDTH 32\\nHEIGHT 24\\nDEPTH 4\\nMAXVAL 255\\nTUPLTYPE RGB_ALPHA\\nENDHDR\\n'),
  Buffer.alloc(32 * 24 * 4).map((_, i) => i % 4 === 3 ? 255 : shade),
])
`

/** Runs work with the programs, and without any others of the PATH. Their log is \`log\` in the folder. */
export async function withPrograms<T>(
  folder: string,
  programs: FakePrograms,
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(folder, { recursive: true })
  for (const [name, body] of Object.entries(programs)) {
    await writeFile(join(folder, name), PREAMBLE(join(folder, 'log')) + body)
    await chmod(join(folder, name), 0o755)
  }
  const before = process.env.PATH
  process.env.PATH = folder
  try {
    return await work()
  } finally {
    process.env.PATH = before
  }
}
