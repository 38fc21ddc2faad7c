// The reporter of `npm test`: a dot for each test, and after the last one the slowest tests, and what was skipped and why.
//
// It is CommonJS, because mocha loads reporters by require().

const { reporters } = require('mocha')

const MAX_SLOW = 10

/** The reason that test/support/skip.ts writes into a title. */
const REASON = / \(skipped: (.*?)\)(?: |$)/

const line = (number, text) => console.log(`${String(number).padStart(9)}  ${text}`)

module.exports = class Summary extends reporters.Dot {
  #times = []
  #skipped = new Map()
  #leftOut

  constructor(runner, options) {
    super(runner, options)
    this.#leftOut = options.invert && options.grep?.source
    // A `before` that prepares a suite may take longer than its tests.
    for (const event of ['pass', 'fail', 'hook end'])
      runner.on(event, each => this.#times.push({ title: each.fullTitle(), duration: each.duration ?? 0 }))
    runner.on('pending', test => {
      const reason = REASON.exec(test.fullTitle())?.[1] ?? 'no reason is given'
      this.#skipped.set(reason, (this.#skipped.get(reason) ?? 0) + 1)
    })
  }

  epilogue() {
    super.epilogue()
    console.log('  The slowest tests, in seconds:')
    const slowest = this.#times.sort((a, b) => b.duration - a.duration).slice(0, MAX_SLOW)
    for (const { title, duration } of slowest) line((duration / 1000).toFixed(1), title)
    console.log('\n  Skipped tests:')
    for (const [reason, count] of this.#skipped) line(count, reason)
    if (this.#skipped.size === 0) line(0, '')
    if (this.#leftOut) console.log('\n  Tests called (slow) were left out: npm run test:full runs them.')
    console.log()
  }
}
