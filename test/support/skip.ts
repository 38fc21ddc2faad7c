/**
 * Skips the running test, or the suite of a `before`, and says why in its title: the summary of a run groups what was skipped by these
 * reasons.
 */
export function skip(context: Mocha.Context, reason: string): never {
  const running = context.test!
  const isOfSuite = running.title.startsWith('"before all"')
  const skipped = isOfSuite ? running.parent! : (context.currentTest ?? running)
  skipped.title += ` (skipped: ${reason})`
  context.skip()
}
