import { UserError } from '../errors.ts'
import { printablePath } from '../printable.ts'

/**
 * Says on stderr what went wrong, a line for each error. What is the user's to mend says so itself; anything else is a
 * bug here, whose stack ATROUS_DEBUG shows.
 */
export function reportError(error: unknown): void {
  if (error instanceof AggregateError) for (const each of error.errors) reportError(each)
  else console.error(`error: ${safeLines(describe(error))}`)
}

/** Text may come from files: what steers terminals is left out, and line breaks stay. */
const safeLines = (text: string): string =>
  text
    .split('\n')
    .map(line => printablePath(line))
    .join('\n')

function describe(error: unknown): string {
  if (error instanceof UserError) return error.message
  if (process.env.ATROUS_DEBUG && error instanceof Error) return error.stack ?? error.message
  return `${error instanceof Error ? error.message : error} (unexpected; ATROUS_DEBUG=1 shows where)`
}

/** Errors that are about one thing of several, kept until the others are done. */
export class Failures {
  readonly #errors: UserError[] = []

  /** What the work returns; undefined where it threw a UserError, whose message then begins with `subject`. */
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
