import { expect } from 'chai'
import { amdProgram } from '../../bench/isa/amd.ts'
import { AmdWave } from '../../bench/isa/amd_wave.ts'
import { estimate } from '../../bench/isa/estimate.ts'
import { gpus, peakOf } from '../../bench/isa/gpus.ts'
import { intelProgram } from '../../bench/isa/intel.ts'
import { IntelWave } from '../../bench/isa/intel_wave.ts'
import { allLoops, type Program } from '../../bench/isa/program.ts'
import { cyclesAlone } from '../../bench/isa/wave.ts'

const amd = (assembly: string, waves = 16): Program =>
  amdProgram(
    { subgroup: 64, stats: new Map([['Subgroups per SIMD', 2 * waves]]), assembly: `BB0:\n${assembly}` },
    { generation: 11, gpu: gpus.navi31, lanes: 64 },
  )
const intel = (assembly: string): Program =>
  intelProgram({ subgroup: 16, stats: new Map(), assembly }, { gpu: gpus.dg2, lanes: 64 })
const lines = (line: string, count: number) => `${line}\n`.repeat(count)

/** The cycles of one wave, where every loop has so many turns. */
function alone(program: Program, turns = 1): number {
  const of = new Map(allLoops(program.loops).map(loop => [loop, turns]))
  const wave = program.wave === 64 ? new AmdWave(gpus.navi31, 11) : new IntelWave(gpus.dg2)
  return cyclesAlone(program, of, wave)
}

const LOAD = '\tbuffer_load_b128 v[4:7], v1, s[0:3], 0 offen\n'
const WAIT = '\ts_waitcnt vmcnt(0)\n'
const { latency } = gpus.navi31

describe('bench/isa: a wave by itself', () => {
  it('waits for what it has loaded, once for loads that are under way together', () => {
    expect(alone(amd(LOAD))).to.equal(1)
    expect(alone(amd(LOAD + WAIT))).to.equal(latency.memory)
    expect(alone(amd(LOAD + LOAD + WAIT))).to.equal(latency.memory + 1)
    expect(alone(amd(LOAD + LOAD + WAIT.replace('0', '1')))).to.equal(latency.memory)
    expect(alone(amd(LOAD + WAIT + LOAD + WAIT))).to.equal(2 * latency.memory)
  })

  it('waits for registers that are being computed, and not for others', () => {
    const chain = alone(amd(lines('\tv_add_f32_e32 v1, v1, v2', 10)))
    const free = alone(
      amd(Array.from({ length: 10 }, (_, i) => `\tv_add_f32_e32 v${i}, v20, v21`).join('\n')),
    )
    expect(free).to.equal(10)
    expect(chain).to.be.above(4 * free)
  })

  it('runs a loop as often as it has turns', () => {
    const loop = amd(`BB1:\n${LOAD}${WAIT}\ts_cbranch_scc1 BB1\n`)
    const turn = alone(loop, 3) - alone(loop, 2)
    expect(turn).to.be.above(latency.memory)
    expect(alone(loop, 50)).to.equal(alone(loop, 2) + 48 * turn)
    expect(alone(loop, 0)).to.equal(0)
  })

  it("reads Intel's tokens and distances", () => {
    const send = 'send(16) g3UD g71UD nullUD 0x0 ugm MsgDesc: ( load, a32, d32, V1, bti ) { align1 1H $3 };\n'
    const mad = (waits: string) =>
      `mad(16) g100<1>F g43<8,8,1>F g9<8,8,1>F g33<1,1,1>F { align1 1H ${waits} };\n`
    expect(alone(intel(send + mad('')))).to.equal(3)
    expect(alone(intel(send + mad('$3.dst')))).to.be.above(gpus.dg2.latency.memory)
    expect(alone(intel(send + mad('$3.src')))).to.be.within(10, 50)
    expect(alone(intel(mad('') + mad('F@1')))).to.be.above(alone(intel(mad('') + mad(''))))
  })
})

describe('bench/isa/estimate', () => {
  const dispatch = { workgroups: 96 * 2 * 16 * 10, lanes: 64, macs: 0, bytes: 0, turns: new Map() }
  const fma = Array.from({ length: 400 }, (_, i) => `\tv_fmac_f32_e32 v${i % 40}, v50, v51`).join('\n')

  it("comes near the GPU's peak where there is nothing but multiply-adds", () => {
    const { seconds, bound, macs } = estimate(amd(fma), gpus.navi31, dispatch)
    expect(bound).to.equal('arithmetic')
    expect(macs).to.equal(dispatch.workgroups * 64 * 400)
    expect(macs / seconds / peakOf(gpus.navi31)).to.be.closeTo(1, 1e-6)
  })

  it('is bound by memory, workgroup memory or the first cache where these are slower', () => {
    const bytes = 1e12
    expect(estimate(amd(fma), gpus.navi31, { ...dispatch, bytes })).to.deep.include({ bound: 'memory' })
    expect(estimate(amd(fma), gpus.navi31, { ...dispatch, bytes }).seconds).to.be.closeTo(1e12 / 960e9, 1e-9)
    const shared = lines('\tds_load_b128 v[4:7], v2', 100)
    expect(estimate(amd(shared), gpus.navi31, dispatch)).to.deep.include({ bound: 'shared' })
    expect(estimate(amd(lines(LOAD, 100)), gpus.navi31, dispatch)).to.deep.include({ bound: 'cache' })
  })

  it('takes longer with few waves, which do not hide that each waits', () => {
    const waiting = lines(`${LOAD.replace('b128', 'b32')}${WAIT}\tv_fmac_f32_e32 v1, v4, v5`, 20)
    const [few, many] = [2, 16].map(waves => estimate(amd(waiting, waves), gpus.navi31, dispatch))
    expect(few.bound).to.equal('latency')
    expect(few.seconds / many.seconds).to.be.closeTo(8, 0.1)
  })

  it('takes what the instructions load and store for what is moved, where that is not known', () => {
    const { seconds } = estimate(amd(lines(LOAD, 100)), gpus.navi31, { ...dispatch, bytes: undefined })
    expect(seconds).to.be.at.least((dispatch.workgroups * 64 * 16 * 100) / 960e9)
  })

  it('lets Intel compute floats and integers at the same time since Xe-HPG', () => {
    const both = intel(
      lines(
        'mad(16) g100<1>F g1<1>F g2<1>F g3<1>F { align1 1H };\nadd(16) g9<1>D g9<1>D 1D { align1 1H };',
        200,
      ),
    )
    const floats = intel(lines('mad(16) g100<1>F g1<1>F g2<1>F g3<1>F { align1 1H };', 200))
    const seconds = (program: Program, gpu: 'dg2' | 'tgl') =>
      estimate(program, gpus[gpu], { ...dispatch, workgroups: 32 * 16 * 7 * 8 }).seconds
    expect(seconds(both, 'dg2') / seconds(floats, 'dg2')).to.be.closeTo(1, 0.01)
    expect(seconds(both, 'tgl') / seconds(floats, 'tgl')).to.be.closeTo(2, 0.01)
  })
})
