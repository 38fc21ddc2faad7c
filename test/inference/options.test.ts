// The options of a segmentation, declared in one place: a made-up one is added there, in a copy of src, and found wherever options are.

import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { flagName, parameterName, REFINED_NAMES } from '../../src/inference/option_texts.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const DECLARATION = 'src/inference/inference_options.ts'

/** The one place that an option is written to: its type, its values and its words. */
function withMadeUpOption(text: string): string {
  const additions: [before: string, added: string][] = [
    ['export interface InferenceOptions {\n', '  /** Made up. */\n  madeUp?: number\n'],
    [
      'export const INFERENCE_OPTIONS = {\n',
      "  madeUp: { schema: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(7)), expected: 'one of seven' },\n",
    ],
    [
      'export const OPTION_TEXTS: { [Name in keyof RefinedOptions]-?: OptionText } = {\n',
      "  madeUp: { value: 'n', about: 'what nobody needs', byDefault: 'none' },\n",
    ],
  ]
  return additions.reduce((found, [before, added]) => {
    expect(found).to.include(before)
    return found.replace(before, before + added)
  }, text)
}

/** What the probe prints in a copy of the package. */
function probe(): Record<string, unknown> & { help: Record<string, string> } {
  const folder = mkdtempSync(join(tmpdir(), 'atrous-options-'))
  try {
    for (const path of ['src', 'web/src', 'test/inference/made_up', 'package.json', 'tsconfig.json'])
      cpSync(join(ROOT, path), join(folder, path), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    writeFileSync(join(folder, DECLARATION), withMadeUpOption(readFileSync(join(ROOT, DECLARATION), 'utf8')))
    const args = ['--import', 'tsx', 'test/inference/made_up/probe.ts']
    return JSON.parse(execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' }))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('an option of a segmentation', () => {
  describe('that is added to its one declaration', () => {
    let found: ReturnType<typeof probe>
    before(() => {
      found = probe()
    })

    it('is a flag of the commands, with help', () => {
      const { serve, ...commands } = found.help
      for (const [name, text] of Object.entries(commands))
        expect(text, name).to.include('--made-up <n> what nobody needs (default: none)')
      expect(found.flag).to.equal(3)
      expect(found.wrongFlag).to.equal('Expected one of seven.')
      expect(serve).to.match(/as parameters: ([a-z_]+, )*made_up, /)
    })

    it('is a parameter of requests, and described', () => {
      expect(found.parameter).to.deep.equal({ madeUp: 3 })
      expect(found.wrongParameter).to.equal('made_up: expected one of seven, got "8"')
      const schema = { type: 'integer', minimum: 1, maximum: 7 }
      const description = 'what nobody needs (default: none)'
      expect(found.query).to.deep.equal({
        ...{ name: 'made_up', in: 'query', required: false, description, schema },
      })
      expect(found.request).to.deep.equal({ ...schema, description })
    })

    it('is an option of a job of the queue', () => {
      expect(found.job).to.deep.equal({ madeUp: 3, mask: true, overlay: true })
      expect(found.wrongJob).to.equal('job: options.madeUp: expected one of seven; got 8')
    })

    it('has a control in the page', () => {
      expect(found.control).to.deep.include({
        ...{ id: 'made-up', label: 'Made up', title: 'what nobody needs', placeholder: 'none' },
        kind: 'number',
      })
      expect(found.controlled).to.equal(3)
      expect(found.wrongControl).to.equal('Made up: expected one of seven')
    })

    it('is known to the calls of the library, which check its value', () => {
      for (const call of ['segment', 'onGpu', 'tune', 'network']) expect(found[call], call).to.equal('taken')
      expect(found.evaluate).to.not.include('madeUp')
      expect(found.wrongValue).to.equal('madeUp: expected one of seven, got 8')
    })
  })

  const page = (name: string) => readFileSync(join(ROOT, name), 'utf8')

  it('is in the pages for people: the flags in docs/command.md, the parameters in docs/serving.md', () => {
    const row = page('docs/command.md')
      .split('\n')
      .find(line => line.startsWith('| `atrous segment'))
    const [, table] = /\| parameter \| value \|\n\|---\|---\|\n([\s\S]*?)\n\n/.exec(page('docs/serving.md'))!
    for (const name of REFINED_NAMES) expect(row).to.include(`\`--${flagName(name)}\``)
    const parameters = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)
    expect(parameters).to.deep.equal(REFINED_NAMES.map(parameterName))
  })
})
