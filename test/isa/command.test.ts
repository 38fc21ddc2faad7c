import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect } from 'chai'
import type { Analysis } from '../../bench/isa/analysis.ts'
import { type GpuName, gpus } from '../../bench/isa/gpus.ts'
import { comparisonText, reportText } from '../../bench/isa/report.ts'
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
    expect(lacking('a740')).to.equal(
      'there is no Vulkan driver freedreno: `npm run isa -- --gpu a740` fetches it',
    )
    expect(lacking('rtx3090', { fetch: true })).to.equal("there is no apt-get to fetch Debian's Mesa with")
    expect(existsSync(path('empty/isa/debian'))).to.equal(false)
  })

  it('says why apt-get cannot fetch a driver, and leaves nothing', () => {
    mkdirSync(path('bin'))
    writeFileSync(path('bin/apt-get'), '#!/bin/sh\necho "E: no network" >&2; exit 100\n', { mode: 0o755 })
    setEnvironment({ PATH: path('bin'), ATROUS_CACHE: path('cache') })
    expect(lacking('a740', { fetch: true })).to.equal("apt-get cannot fetch Debian's Mesa: no network")
    expect(readdirSync(path('cache/isa'))).to.deep.equal([])
  })

  const adapters: Partial<Record<GpuName, { adapter: string; registers: number }>> = {
    a740: { adapter: 'qualcomm adreno-7xx', registers: 192 },
    rtx3090: { adapter: 'nvidia ampere', registers: 255 },
  }
  for (const [name, { adapter, registers }] of Object.entries(adapters)) {
    const lack = lacking(name as GpuName)
    it(`says what the compiler for ${name} made of a kernel, without times`, function () {
      if (lack) skip(this, lack)
      const args = ['--gpu', name, '--model', 'resnet50@16', '--kernel', 'winograd_multiply_tiled']
      const output = execFileSync(process.execPath, command(...args, '--json'), { cwd: repository })
      const [found] = JSON.parse(String(output)) as Analysis[]
      expect(found).to.include({ adapter, milliseconds: 0 })
      const [{ broken, program, uses }] = found.rows
      expect(uses).to.be.above(9)
      expect(broken).to.deep.equal({})
      // Vectors of four floats: of 64 tiles and one more, and of 16 rows of 16 weights.
      expect(program!.shared).to.equal(16 * (4 * 65 + 16 * 16))
      expect(program!.registers).to.be.within(32, registers)
      expect(program!.waves).to.be.within(4, 48)
      expect(program!.size).to.be.within(500, 5000)
      expect(
        reportText(found, '', gpus[name as GpuName]) + comparisonText(found, found, gpus[name as GpuName]),
      )
        .to.include('there is no estimate of its times')
        .and.not.match(/ ms|roofline|NaN/)
    })
  }

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
