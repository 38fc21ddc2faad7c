// The output of `atrous segment`: a line or an object for each photo, and at the end the errors.

import type { ClassShare } from '../../data/class_share.ts'
import { UserError } from '../../errors.ts'
import { PartialFailure } from '../errors.ts'
import { percentText, secondsText } from '../format.ts'
import { InterruptedError } from '../interrupt.ts'
import type { InputPhoto } from './input_photo.ts'
import type { DoneRow } from './manifest.ts'
import { prefixOf } from './segment_output.ts'
import { probabilityText } from './segment_results.ts'

/** How many errors are printed. The manifest has all. */
const MAX_ERRORS = 100

interface ReportOptions {
  /** The folder of the results. */
  out: string
  /** Whether to print an array of objects. */
  json: boolean
  /** Whether to print lines. */
  lines: boolean
}

/** The output of --json for a photo. */
interface JsonResult {
  file: string
  width: number
  height: number
  classes: ClassShare[]
  mask?: string
  overlay?: string
  cutout?: string
  probabilities?: string[]
  milliseconds: number
}

export class SegmentReport {
  readonly #options: ReportOptions
  readonly #array: JsonArray | undefined
  readonly #errors: Error[] = []
  #failed = 0
  #succeeded = 0

  constructor(options: ReportOptions) {
    this.#options = options
    this.#array = options.json ? new JsonArray() : undefined
  }

  /** How many photos are reported. */
  get count(): number {
    return this.#succeeded + this.#failed
  }

  /** A photo has a result. `isNew`: it is of this run. */
  add(row: DoneRow, { isNew }: { isNew: boolean }): void {
    this.#succeeded++
    const result = resultOf(row, this.#options.out)
    this.#array?.add(result)
    if (this.#options.lines && isNew) console.log(lineOf(result))
  }

  /** The work that would be done with a photo. */
  explain(text: string): void {
    this.#succeeded++
    console.log(text)
  }

  /** A photo has no result. */
  fail(file: string, error: Error): void {
    this.#failed++
    if (this.#errors.length < MAX_ERRORS) this.#errors.push(error)
    this.#array?.add({ file, error: error.message })
  }

  /** Ends the output. Throws the errors of photos, if there are any. */
  end(): void {
    this.#array?.end()
    if (this.#failed === 0) return
    throw this.#succeeded > 0 ? new PartialFailure(this.#allErrors) : new AggregateError(this.#allErrors)
  }

  /** Ends the output of a run that an error has ended, and throws the error with those of photos. `left`: photos that have no result. */
  endBy(error: unknown, left: readonly InputPhoto[]): never {
    for (const photo of left)
      if (photo.error) this.fail(photo.file, photo.error)
      else this.#array?.add({ file: photo.file, error: messageOf(error) })
    this.#array?.end()
    if (error instanceof InterruptedError) throw error
    throw new AggregateError([...this.#allErrors, error])
  }

  get #allErrors(): Error[] {
    const more = this.#failed - this.#errors.length
    if (more === 0) return this.#errors
    return [...this.#errors, new UserError(`${more} more photos failed; the manifest has all errors`)]
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

function resultOf(row: DoneRow, out: string): JsonResult {
  const { file, width, height, classes, results, milliseconds } = row
  const endings = Object.keys(results)
  const pathOf = (ending: string) =>
    endings.includes(ending) ? `${prefixOf(row, out)}.${ending}` : undefined
  const probabilities = endings.filter(ending => ending.startsWith('probabilities.'))
  return {
    file,
    width,
    height,
    classes,
    mask: pathOf('mask.png'),
    overlay: pathOf('overlay.png'),
    cutout: pathOf('cutout.png'),
    ...(probabilities.length > 0 && { probabilities: probabilities.map(ending => pathOf(ending)!) }),
    milliseconds,
  }
}

function lineOf({
  file,
  classes,
  mask,
  overlay,
  cutout,
  probabilities = [],
  milliseconds,
}: JsonResult): string {
  const shares = classes.map(({ name, share }) => `${name} ${percentText(share)}`).join(', ')
  const paths = [mask, overlay, cutout, ...probabilityText(probabilities)]
  const written = paths.filter(path => path !== undefined).join(', ')
  return `${file}: ${shares}${written && ` → ${written}`} (${secondsText(milliseconds)})`
}

/** Prints a JSON array whose entries become known one after the other. */
class JsonArray {
  #before = '[\n'

  add(entry: unknown): void {
    process.stdout.write(this.#before + JSON.stringify(entry, undefined, 2).replace(/^/gm, '  '))
    this.#before = ',\n'
  }

  end(): void {
    process.stdout.write(this.#before === ',\n' ? '\n]\n' : '[]\n')
  }
}
