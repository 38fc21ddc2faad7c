import { UserError } from '../errors.ts'
import { printablePath } from '../printable.ts'

/**
 * Prints an error on stderr, one line for each cause. A UserError explains what the user can do. Anything else is a bug in this
 * package; ATROUS_DEBUG shows its stack.
 */
export function reportError(error: unknown): void {
  if (error instanceof AggregateError) for (const each of error.errors) reportError(each)
  else console.error(`error: ${safeLines(describe(error))}`)
}

/** Text may come from files: removes terminal control sequences, keeps line breaks. */
const safeLines = (text: string): string =>
  text
    .split('\n')
    .map(line => printablePath(line))
    .join('\n')

function describe(error: unknown): string {
  if (error instanceof UserError) return error.message
  if (process.env.ATROUS_DEBUG && error instanceof Error) return error.stack ?? error.message
  return `${error instanceof Error ? error.message : error} (unexpected; ATROUS_DEBUG=1 shows the stack)`
}

/** Some items failed, and others succeeded. */
export class PartialFailure extends AggregateError {}

/** Collects errors about single items until all items are done. */
export class Failures {
  readonly #errors: UserError[] = []

  /** Returns the result of the work. After a UserError, returns undefined and keeps the error with `subject` in its message. */
  async attempt<T>(subject: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      const shown = printablePath(subject)
      this.#errors.push(error.message.startsWith(shown) ? error : new UserError(`${shown}: ${error.message}`))
      return undefined
    }
  }

  throwIfAny(): void {
    if (this.#errors.length > 0) throw new AggregateError(this.#errors)
  }
}
