// Every kernel that a GPU of AMD or Intel gets for the presets, in inference and training, compiled by Mesa for such a GPU: none spills
// registers or uses private memory, and AMD's SIMDs hold at least five waves of it. Registers in memory cost more than all that a
// kernel gains, and few waves leave a processor idle while they wait.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type Analysis, analyse, type BrokenRules } from '../../bench/isa/analysis.ts'
import { compile } from '../../bench/isa/compile.ts'
import { type GpuName, gpus } from '../../bench/isa/gpus.ts'
import { lacking } from '../../bench/isa/vulkan.ts'

/** The version of Mesa by which the numbers of KNOWN are. */
const MESA = /Mesa 25\.0\./

/** The shaders that break a rule, each with the worst of its pipelines. This table may only shrink: a kernel that keeps a rule, or breaks it less, has to leave or be lowered. */
const KNOWN: Partial<Record<GpuName, Record<string, BrokenRules>>> = { navi31: {}, dg2: {} }

for (const [name, known] of Object.entries(KNOWN)) {
  const gpu = name as GpuName
  const lack = lacking(gpu)
  describe(`kernels of all presets on ${gpus[gpu].product}${lack ? ` (skipped: ${lack})` : ''}`, () => {
    let found: Analysis

    before(async function () {
      if (lack) this.skip()
      this.timeout(600_000) // most of it for Mesa's compilers
      const out = mkdtempSync(join(tmpdir(), 'atrous-isa-'))
      try {
        const compiled = await compile(gpu, 'families.ts', { out })
        found = analyse(compiled, out, gpus[gpu])
      } finally {
        rmSync(out, { recursive: true })
      }
    })

    it('compiles each', () => {
      expect(found.rows).to.have.length.above(100)
      expect(found.rows.filter(({ program }) => !program).map(({ flags }) => flags)).to.deep.equal([])
    })

    it('keeps registers out of memory, and enough waves, but for those that are known', function () {
      const worst: Record<string, BrokenRules> = {}
      for (const { shader, broken } of found.rows)
        for (const [rule, value] of Object.entries(broken) as [keyof BrokenRules, number][]) {
          worst[shader] ??= {}
          const before = worst[shader][rule] ?? value
          worst[shader][rule] = rule === 'waves' ? Math.min(before, value) : Math.max(before, value)
        }
      if (MESA.test(found.driver)) expect(worst).to.deep.equal(known)
      else {
        this.test!.title += ` (by name alone: the numbers are not those of ${found.driver})`
        expect(Object.keys(worst)).to.have.members(Object.keys(known))
      }
    })

    it('knows how often each loop runs', () => {
      const unknown = found.rows.flatMap(({ shader, flags }) =>
        flags.filter(flag => flag.startsWith('unknown')).map(flag => `${shader}: ${flag}`),
      )
      expect(unknown, 'bench/isa/averages.ts has the loops that the text does not explain').to.deep.equal([])
    })
  })
}
