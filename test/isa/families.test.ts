// Every kernel that a GPU of AMD or Intel gets for the presets, in inference and training, compiled by Mesa for such a GPU: none spills
// registers or uses private memory, and AMD's SIMDs hold at least five waves of it. Registers in memory cost more than all that a
// kernel gains, and few waves leave a processor idle while they wait.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type Analysis, analyse } from '../../bench/isa/analysis.ts'
import { compile } from '../../bench/isa/compile.ts'
import { type GpuName, gpus, timedGpuNames } from '../../bench/isa/gpus.ts'
import { lacking } from '../../bench/isa/vulkan.ts'
import { skip } from '../support/skip.ts'

/** The quick tests take one GPU of AMD and one of Intel. */
const QUICK: readonly GpuName[] = ['navi31', 'dg2']

for (const gpu of timedGpuNames) {
  const lack = lacking(gpu)
  describe(`kernels of all presets on ${gpus[gpu].product}${QUICK.includes(gpu) ? '' : ' (slow)'}`, () => {
    let found: Analysis

    before(async function () {
      if (lack) skip(this, lack)
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

    it('keeps registers out of memory, and leaves enough waves', () => {
      const broken = found.rows.filter(row => Object.keys(row.broken).length > 0)
      expect(broken.map(({ shader, variant, broken }) => ({ shader, variant, ...broken }))).to.deep.equal([])
    })

    it('knows how often each loop runs', () => {
      const unknown = found.rows.flatMap(({ shader, flags }) =>
        flags.filter(flag => flag.startsWith('unknown')).map(flag => `${shader}: ${flag}`),
      )
      expect(unknown, 'bench/isa/averages.ts has the loops that the text does not explain').to.deep.equal([])
    })
  })
}
