// The manifest of a run: a file of JSON lines, one for each photo. A line is appended when the photo's results are on disk, so a
// killed run leaves a manifest of what it has done, and a later run goes on after it.

import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ClassShare } from '../../data/class_share.ts'
import { UserError } from '../../errors.ts'
import { writeFileAtomic } from '../../node/files/atomic.ts'
import { fileError } from '../../node/files/file_error.ts'
import { type Lock, tryLock } from '../../node/files/lock.ts'
import { makeFolder } from '../../node/files/make_folder.ts'
import { exists } from '../output.ts'

interface RowOfAny {
  file: string
  /** The path of the photo's results in --out, without ending. */
  key: string
  /** Identifies the model and the options. */
  run: string
  /** The photo's size and times when it was read; missing for standard input. */
  bytes?: number
  modified?: string
  changed?: string
}

export interface DoneRow extends RowOfAny {
  /** Of the photo's bytes, in hex. */
  sha256: string
  width: number
  height: number
  classes: ClassShare[]
  /** The size of each result in bytes, by its ending. */
  results: Record<string, number>
  milliseconds: number
}

export interface FailedRow extends RowOfAny {
  error: string
}

export type ManifestRow = DoneRow | FailedRow

/** Where a row is in the file. */
interface Place {
  offset: number
  length: number
}

interface ManifestOptions {
  /** Goes on with the file that is there. Without it, such a file is replaced. */
  resume?: boolean
  /** Also replaces a file that is no manifest. */
  overwrite?: boolean
}

export class Manifest {
  readonly #path: string
  readonly #file: FileHandle
  readonly #lock: Lock
  /** The rows of earlier runs; of a photo that has several, the last one. */
  readonly #earlier: Map<string, Place>
  /** The rows of this run in the order of the photos. Numbers alone: there may be a million of them. */
  readonly #offsets: number[] = []
  readonly #lengths: number[] = []
  #end: number
  readonly #isResumed: boolean

  /** Throws a UserError if the file is another program's, if a process writes it, or if the file system refuses. */
  static async open(path: string, options: ManifestOptions = {}): Promise<Manifest> {
    const taken = await tryLock(`${path}.lock`)
    if ('holder' in taken)
      throw new UserError(`${path}: process ${taken.holder.pid} on ${taken.holder.host} writes this manifest`)
    let file: FileHandle | undefined
    try {
      await makeFolder(dirname(path))
      const isResumed = options.resume === true && (await exists(path))
      file = await open(path, 'a+')
      const { earlier, end } = await readEarlier(file, path, options)
      await file.truncate(end)
      return new Manifest({ path, file, lock: taken.lock, isResumed, earlier, end })
    } catch (error) {
      await file?.close()
      await taken.lock.release()
      throw fileError(path, error)
    }
  }

  private constructor(parts: {
    path: string
    file: FileHandle
    lock: Lock
    isResumed: boolean
    earlier: Map<string, Place>
    end: number
  }) {
    this.#path = parts.path
    this.#file = parts.file
    this.#lock = parts.lock
    this.#isResumed = parts.isResumed
    this.#earlier = parts.earlier
    this.#end = parts.end
  }

  /** Whether it goes on with the manifest of an earlier run. */
  get isResumed(): boolean {
    return this.#isResumed
  }

  /** The row of an earlier run for a photo. */
  async find(key: string): Promise<ManifestRow | undefined> {
    const place = this.#earlier.get(key)
    return place && JSON.parse((await this.#read(place)).toString())
  }

  /** Adds a row for the next photo. */
  async add(row: ManifestRow): Promise<void> {
    const line = Buffer.from(`${JSON.stringify(row)}\n`)
    await this.#file.appendFile(line).catch(error => {
      throw fileError(this.#path, error)
    })
    this.#note({ offset: this.#end, length: line.length })
    this.#end += line.length
  }

  /** Takes an earlier run's row for the next photo. */
  keep(key: string): void {
    this.#note(this.#earlier.get(key)!)
  }

  /** Leaves one row for each photo of this run, in their order. Called after the last photo. */
  async finish(): Promise<void> {
    await this.#file.sync()
    if (!this.#isInOrder()) await writeFileAtomic(this.#path, this.#inOrder())
  }

  async close(): Promise<void> {
    await this.#file.close()
    await this.#lock.release()
  }

  #note({ offset, length }: Place): void {
    this.#offsets.push(offset)
    this.#lengths.push(length)
  }

  /** Whether the file has these rows one after the other, and no others. */
  #isInOrder(): boolean {
    let end = 0
    return (
      this.#offsets.every((offset, i) => {
        const follows = offset === end
        end += this.#lengths[i]
        return follows
      }) && end === this.#end
    )
  }

  async *#inOrder(): AsyncGenerator<Buffer> {
    let rows: Buffer[] = []
    for (const [i, offset] of this.#offsets.entries()) {
      rows.push(await this.#read({ offset, length: this.#lengths[i] }))
      if (rows.length < ROWS_A_WRITE) continue
      yield Buffer.concat(rows)
      rows = []
    }
    yield Buffer.concat(rows)
  }

  async #read({ offset, length }: Place): Promise<Buffer> {
    const { buffer } = await this.#file.read(Buffer.alloc(length), 0, length, offset)
    return buffer
  }
}

const ROWS_A_WRITE = 1000

/** The rows that are there, and the end of the last whole one: a killed process may have written half a row. */
async function readEarlier(
  file: FileHandle,
  path: string,
  { resume, overwrite }: ManifestOptions,
): Promise<{ earlier: Map<string, Place>; end: number }> {
  const earlier = new Map<string, Place>()
  let end = 0
  for await (const { text, offset, length, isWhole } of linesOf(file)) {
    if (!isWhole && isHalfRow(text)) break
    const key = keyOf(text)
    if (key === undefined) {
      if (overwrite) return { earlier: new Map(), end: 0 }
      throw new UserError(
        `${path} exists and line ${earlier.size + 1} is no row of a manifest: --overwrite replaces it, --manifest takes another file`,
      )
    }
    if (!resume) return { earlier, end: 0 }
    earlier.set(key, { offset, length })
    end = offset + length
  }
  return { earlier, end }
}

const ROW_START = '{"file":"'

const isHalfRow = (text: string) => text.startsWith(ROW_START) || ROW_START.startsWith(text)

/** Undefined if the line is no row of a manifest. */
function keyOf(text: string): string | undefined {
  try {
    const { key, run } = JSON.parse(text)
    return typeof key === 'string' && typeof run === 'string' ? key : undefined
  } catch {
    return undefined
  }
}

/** A line of a file, with its place there. */
interface PlacedLine {
  text: string
  /** In bytes. The length includes the line break. */
  offset: number
  length: number
  /** False for what follows the last line break: a killed process may have written half a line. */
  isWhole: boolean
}

const BLOCK_BYTES = 2 ** 16
const LINE_BREAK = 10
/** A line that is longer is the last: the file is not of lines. */
const LONGEST_LINE = 2 ** 24

async function* linesOf(file: FileHandle): AsyncGenerator<PlacedLine> {
  /** The text that is read and not yet part of a line, and where it begins. */
  let rest: Buffer = Buffer.alloc(0)
  let offset = 0
  for (let position = 0; ; ) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(BLOCK_BYTES), 0, BLOCK_BYTES, position)
    if (bytesRead === 0 || rest.length > LONGEST_LINE) break
    position += bytesRead
    const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
    let from = 0
    for (let end = bytes.indexOf(LINE_BREAK); end >= 0; end = bytes.indexOf(LINE_BREAK, from)) {
      const text = bytes.toString('utf8', from, end)
      yield { text, offset: offset + from, length: end + 1 - from, isWhole: true }
      from = end + 1
    }
    rest = bytes.subarray(from)
    offset += from
  }
  if (rest.length > 0) yield { text: rest.toString(), offset, length: rest.length, isWhole: false }
}
