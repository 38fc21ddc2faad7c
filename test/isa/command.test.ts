import { execFileSync, spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { expect } from 'chai'
import type { Analysis } from '../../bench/isa/analysis.ts'
import { lacking } from '../../bench/isa/vulkan.ts'
import { useTemporaryFolder } from '../node/support.ts'
import { useEnvironment } from '../support/environment.ts'
import { skip } from '../support/skip.ts'

const repository = resolve(import.meta.dirname, '../..')
const command = (...args: string[]) => ['--import', 'tsx', 'bench/isa/main.ts', ...args]

describe('npm run isa', () => {
  const setEnvironment = useEnvironment()
  const path = useTemporaryFolder()

  it('says in a line what is asked wrongly', () => {
    const stderr = (...args: string[]) =>
      spawnSync(process.execPath, command(...args), { cwd: repository, encoding: 'utf8' }).stderr
    expect(stderr('--gpu', 'voodoo')).to.match(/^there is no GPU "voodoo" here: there are .*navi31.*\n$/)
    expect(stderr('--kernel', 'conv3d')).to.equal('--kernel: there is no shader "conv3d"\n')
    expect(stderr('--precision', 'fp8')).to.equal('--precision: expected fp32 or fp16; got "fp8"\n')
  })

  it('says what is missing on a machine that cannot compile', () => {
    setEnvironment({ PATH: '', ATROUS_CACHE: path('empty') })
    expect(lacking('navi31')).to.match(/^there is no (gcc to build|Vulkan driver radeon)/)
    expect(lacking('dg2')).to.match(/^there is no (gcc to build|Vulkan driver intel)/)
  })

  const lack = lacking('navi31')
  it('counts the turns of loops: they make the multiply-adds of the kernels (slow)', function () {
    if (lack) skip(this, lack)
    const args = command('--gpu', 'navi31', '--model', 'resnet50@16', '--json')
    const [found] = JSON.parse(
      execFileSync(process.execPath, args, { cwd: repository, encoding: 'utf8', maxBuffer: 2 ** 26 }),
    ) as Analysis[]
    expect(found.milliseconds).to.be.above(found.roofline)
    expect(found.rows.flatMap(({ flags }) => flags)).to.deep.equal([])
    // More for tiles, waves and vectors of channels that are partly empty, and fewer for taps in the padding.
    const longest = found.rows.filter(({ work }) => work !== undefined).slice(0, 4)
    expect(longest).to.have.length(4)
    for (const { shader, variant, work } of longest)
      expect(work, `${shader} (${variant})`).to.be.within(0.9, 2)
  })
})
