// Checks that two commits compute the same, bit for bit: masks and logits of every preset, losses and weights after training.
//   npm run compare -- BEFORE [AFTER]      AFTER defaults to the working tree

import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { withCheckedOut } from './check_out.ts'

/** Vector widths of lavapipe. They select the kernels: those for CPUs, and those for hardware GPUs. */
const VECTOR_WIDTHS = ['256', '512']

const run = promisify(execFile)
const repository = resolve(import.meta.dirname, '..')
const [before, after] = process.argv.slice(2)
if (!before) {
  console.error('usage: npm run compare -- BEFORE [AFTER]')
  process.exit(1)
}

let differences = 0
await withCheckedOut(after ? [before, after] : [before], async ([first, second = repository]) => {
  for (const width of VECTOR_WIDTHS)
    compare(await fingerprint(first, width), await fingerprint(second, width), width)
})
console.log(differences === 0 ? 'all results are the same' : `${differences} results differ`)
process.exit(differences === 0 ? 0 : 1)

function compare(first: Record<string, string>, second: Record<string, string>, width: string): void {
  for (const name of new Set([...Object.keys(first), ...Object.keys(second)])) {
    // Such as a preset that only one of the commits has.
    if (first[name] === undefined || second[name] === undefined) {
      console.log(`only ${first[name] === undefined ? 'after' : 'before'}  ${width} bit  ${name}`)
      continue
    }
    const isSame = first[name] === second[name]
    if (!isSame) differences++
    const values = isSame ? '' : `\n  ${first[name]}\n  ${second[name]}`
    console.log(`${isSame ? 'same  ' : 'DIFFER'}  ${width} bit  ${name}${values}`)
  }
}

async function fingerprint(tree: string, vectorWidth: string): Promise<Record<string, string>> {
  const script = join(repository, 'scripts/fingerprint.ts')
  const { stdout } = await run('node', ['--import', 'tsx', script, tree], {
    cwd: repository,
    env: { ...process.env, LP_NATIVE_VECTOR_WIDTH: vectorWidth, CI: '1' },
    maxBuffer: 2 ** 24,
  })
  return JSON.parse(stdout)
}
