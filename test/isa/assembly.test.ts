import { expect } from 'chai'
import { amdProgram, parseAmd } from '../../bench/isa/amd.ts'
import { gpus, type IntelGpu } from '../../bench/isa/gpus.ts'
import { intelProgram, parseIntel } from '../../bench/isa/intel.ts'
import { hotLoop, type Lines, mixOf, parseListing, withLoops } from '../../bench/isa/program.ts'
import { nvidiaProgram, qualcommProgram } from '../../bench/isa/qualcomm_nvidia.ts'

/** LLVM's disassembly of RDNA 3. */
const RDNA_3 = `
BB0:
	s_load_b128 s[0:3], s[0:1], null                            ; f4080300 f8000000
	s_waitcnt lgkmcnt(0)                                        ; bf89fc07
	v_mov_b32_e32 v12, 0                                        ; 7e180280
BB1:
	s_clause 0x1                                                ; bf850001
	buffer_load_b128 v[4:7], v1, s[0:3], 0 offen                ; e05c0000
	ds_load_b128 v[8:11], v2 offset:16                          ; db7c0000
	s_waitcnt vmcnt(0) lgkmcnt(0)                               ; bf890007
	v_fmac_f32_e32 v12, v4, v8                                  ; 56181104
	v_dual_fmac_f32 v13, v5, v9 :: v_dual_fmac_f32 v14, v6, v10 ; c8001305
	v_pk_fma_f16 v15, v7, v11, v15                              ; cc0e400f
	s_delay_alu instid0(VALU_DEP_1)                             ; bf870001
	v_rcp_f32_e32 v16, v12                                      ; 7e20550c
	s_cmp_lg_u32 s4, 0                                          ; bf078004
	s_cbranch_scc1 BB1                                          ; bfa2fff0
BB2:
	scratch_store_b32 off, v12, off                             ; dc690000
	s_endpgm                                                    ; bfb00000
`

/** ACO's own print, of a GPU that LLVM does not know. */
const RDNA_4 = `
After lowering to hw instructions:
BB0
/* logical preds: / linear preds: / kind: top-level, loop-preheader, */
	 s4: %49:s[8-11] = s_load_dwordx4 %48:s[0-1], 0
	s_wait_kmcnt imm:0
BB1
/* logical preds: BB0, BB1, / linear preds: BB0, BB1, / kind: uniform, loop-header, */
	 v4: %123:v[8-11] = ds_read_b128 %122:v[7] storage:shared
	s_wait_dscnt imm:0
	 v1: (precise)%476:v[12] = v_fma_f32 4.0, %400:v[8], %475:v[12]
	s_cbranch_scc1 block:BB1
BB2
/* logical preds: BB1, / linear preds: BB1, / kind: top-level, */
	scratch_store_dwordx4  v1: undef,  s1: undef, %1739:v[4-7] offset:16 storage:scratch
	s_endpgm
`

/** DG2's: loads and stores of workgroup memory (slm), of buffers (bti) and of scratch (ss). */
const DG2 = `
Push constant ranges:
    RANGE0 (32B): Vulkan push constants and API params

mov(8)          g37<1>UD        g0.1<0,1,0>UD                   { align1 WE_all 1Q };

LABEL1:
cmp.ge.f0.0(16) null<1>UD       g9<8,8,1>UD     0x00000820UD    { align1 1H I@1 };
(+f0.0) break(16) JIP:  LABEL0        UIP:  LABEL0              { align1 1H };
sync nop(1)                     null<0,1,0>UB                   { align1 WE_all 1N $2.dst };
send(16)        g3UD            g71UD           nullUD          0x04003504                0x00000200
                            slm MsgDesc: ( load, a32, d32, V4, L1STATE_L3MOCS dst_len = 8, src0_len = 2, src1_len = 0 flat )  base_offset 0  { align1 1H $3 };
send(16)        nullUD          g1UD            g18UD           0x64003504                0x02000200
                            ugm MsgDesc: ( store, a32, d32, V4, L1STATE_L3MOCS dst_len = 0, src0_len = 2, src1_len = 8 bti )  BTI 2  base_offset 0  { align1 1H $2 };
send(1)         g87UD           g89UD           nullUD          0x4220d500                a0.2<0>UD
                            ugm MsgDesc: ( load, a32, d32, V16, transpose, L1STATE_L3MOCS dst_len = 2, src0_len = 1, ss )  surface_state_index 0  { align1 WE_all 1N $4 };
mad(16)         g100<1>F        g43<8,8,1>F     g9<8,8,1>F      g33<1,1,1>F { align1 1H $3.dst };
mad(16)         g84<1>HF        g43<8,8,1>HF    g11<8,8,1>HF    g33<1,1,1>HF { align1 1H @2 };
mul(16)         g98<1>D         g104<8,8,1>D    g9.6<0,1,0>UW   { align1 1H I@1 };
math inv(8)     g98<1>F         g97<0,1,0>F     null<8,8,1>F    { align1 WE_all 1Q @3 $5 };

LABEL0:
while(16)       JIP:  LABEL1                                    { align1 1H };
`

/** Tiger Lake's: its messages have other names, and sizes in registers of 32 bytes. */
const TIGER_LAKE = `
send(16)        g80UD           g3UD            nullUD          0x08245efd                0x00000000
                            dp data 1 MsgDesc: (untyped surface read, Surface = 254, SIMD16, Mask = 0x0)  mlen 2 ex_mlen 0 rlen 8 { align1 1H @2 $2 };
send(16)        nullUD          g82UD           g80UD           0x020a03fd                0x00000080
                            data MsgDesc: (DC OWORD block write, bti 253, owords = 4, aligned = 0)  mlen 1 ex_mlen 2 rlen 0 { align1 1H $3 };
send(16)        g80UD           g3UD            nullUD          0x08245efd                0x00000000
                            dp data 1 MsgDesc: (untyped surface read, Surface = 3, SIMD16, Mask = 0x0)  mlen 2 ex_mlen 0 rlen 8 { align1 1H @2 $2 };
`

const kinds = ({ instructions }: Lines) => instructions.map(({ kind }) => kind)
const kindAndBytes = ({ instructions }: Lines) =>
  instructions.filter(({ bytes }) => bytes > 0).map(({ kind, bytes }) => [kind, bytes])

describe("bench/isa: AMD's assembly", () => {
  const lines = parseAmd(RDNA_3, { wave: 64, generation: 11 })

  it('tells vector units, workgroup memory, memory and scratch apart, and counts the bytes of a wave', () => {
    expect(kindAndBytes(lines)).to.deep.equal([
      ['memory', 64 * 16],
      ['shared', 64 * 16],
      ['scratch', 64 * 4],
    ])
    expect(kinds(lines).filter(kind => kind === 'arithmetic')).to.have.length(5)
  })

  it('counts multiply-adds: two of a pair, and two of a packed one', () => {
    expect(lines.instructions.filter(({ macs }) => macs > 0).map(({ op, macs }) => [op, macs])).to.deep.equal(
      [
        ['v_fmac_f32_e32', 1],
        ['v_dual_fmac_f32', 2],
        ['v_pk_fma_f16', 2],
      ],
    )
  })

  it('takes 64 lanes in one cycle where RDNA 3 pairs them, in two on RDNA 2, and four times as long for 1/x', () => {
    const cycles = (generation: 10 | 11) =>
      parseAmd(RDNA_3, { wave: 64, generation })
        .instructions.filter(({ op }) => /fmac_f32_e32|rcp/.test(op))
        .map(each => each.cycles)
    expect(cycles(11)).to.deep.equal([1, 8])
    expect(cycles(10)).to.deep.equal([2, 8])
  })

  it('finds the loop, and what share of it are multiply-adds', () => {
    const code = withLoops(lines)
    expect(code.loops).to.have.length(1)
    expect(hotLoop(code)).to.deep.include({ multiplies: 3, arithmetic: 4, shared: 1, memory: 1, all: 8 })
    expect(mixOf(code.instructions)).to.deep.include({ scratch: 1 })
  })

  it("reads ACO's own print alike", () => {
    const printed = parseAmd(RDNA_4, { wave: 32, generation: 12 })
    expect(kindAndBytes(printed)).to.deep.equal([
      ['shared', 32 * 16],
      ['scratch', 32 * 16],
    ])
    expect(hotLoop(withLoops(printed))).to.deep.include({ multiplies: 1, shared: 1, all: 3 })
  })

  it("takes radv's numbers: waves of 32 count twice, and RDNA 4 has more registers than its null device", () => {
    const stats = {
      VGPRs: 96,
      'Spilled VGPRs': 1,
      'Spilled SGPRs': 2,
      'Scratch size': 64,
      'Subgroups per SIMD': 16,
    }
    const listing = { subgroup: 64, stats: new Map(Object.entries(stats)), assembly: RDNA_3 }
    const navi31 = amdProgram(listing, { generation: 11, gpu: gpus.navi31, lanes: 64 })
    expect(navi31).to.deep.include({ wave: 64, registers: 96, spills: 3, scratch: 64, waves: 8 })
    const few = {
      ...listing,
      stats: new Map([...listing.stats, ['Subgroups per SIMD', 2], ['LDS size', 8192]] as const),
    }
    const rdna4 = (lanes: number) => amdProgram(few, { generation: 12, gpu: gpus.gfx1201, lanes }).waves
    expect(rdna4(64)).to.equal(4) // eight workgroups of one wave for two SIMDs
    expect(rdna4(256)).to.equal(8) // by its registers
  })
})

describe("bench/isa: Intel's assembly", () => {
  const lines = parseIntel(DG2, gpus.dg2)

  it('tells workgroup memory, buffers and scratch apart, and counts bytes', () => {
    expect(kindAndBytes(lines)).to.deep.equal([
      ['shared', 16 * 16],
      ['memory', 16 * 16],
      ['scratch', 16 * 4],
    ])
    expect(kindAndBytes(parseIntel(TIGER_LAKE, gpus.tgl))).to.deep.equal([
      ['shared', 256],
      ['scratch', 64],
      ['memory', 256],
    ])
  })

  it('finds the loop, without what only waits', () => {
    expect(hotLoop(withLoops(lines))).to.deep.include({
      ...{ multiplies: 2, arithmetic: 5, shared: 1, memory: 1, scratch: 1, all: 10 },
    })
  })

  it('counts the cycles of 8 lanes, of which halves are two, and of functions', () => {
    const cycles = lines.instructions.filter(({ op }) => /mad|mul|math/.test(op)).map(each => each.cycles)
    expect(cycles).to.deep.equal([2, 1, 2, 4])
  })

  it("takes ANV's numbers; workgroup memory bounds the threads", () => {
    const wavesOf = (shared: number, gpu: IntelGpu) => {
      const stats = {
        'Spill Count': 3,
        'Fill Count': 5,
        'Scratch Memory Size': 1024,
        'Workgroup Memory Size': shared,
      }
      const listing = { subgroup: 16, stats: new Map(Object.entries(stats)), assembly: DG2 }
      const { waves, ...program } = intelProgram(listing, { gpu, lanes: 64 })
      expect(program).to.deep.include({ spills: 3, fills: 5, scratch: 1024, shared })
      return waves
    }
    expect(wavesOf(8192, gpus.dg2)).to.equal(4)
    // It is given in powers of two; on Xe2 in 24 kB, too.
    expect([wavesOf(8193, gpus.dg2), wavesOf(16384, gpus.dg2)]).to.deep.equal([2, 2])
    expect([wavesOf(20000, gpus.dg2), wavesOf(20000, gpus.bmg)]).to.deep.equal([1, 3])
  })
})

describe("bench/isa: Turnip's and NVK's numbers", () => {
  it('are those of a lane or a wave, as the other drivers give them', () => {
    const stats = {
      'Registers used': 48,
      'STP Count': 2,
      'LDP Count': 3,
      'Max Waves Per Core': 4,
      'Instruction Count': 100,
    }
    const assembly =
      'stp.u32 p[r12.w+8], r1.w, 2\n(sy)stp.u32 p[r12.w], r1.w, 1\nldp.u32 r0.x, p[r12.w+64], 4\n'
    const listing = { subgroup: 64, stats: new Map(Object.entries(stats)), assembly }
    const program = qualcommProgram(listing, 2048)
    expect(program).to.include({ wave: 64, registers: 192, spills: 2, fills: 3, scratch: 64 * 16 })
    expect(program).to.include({ shared: 2048, waves: 4, size: 100 })
  })

  it('leave no more waves than registers, workgroup memory and places for workgroups do', () => {
    const stats = {
      'Number of GPRs': 40,
      'Spills to memory': 1,
      'Fills from memory': 2,
      'Spills to reg': 9,
      'SLM size': 16,
      'Max warps/SM': 40,
      'Instruction count': 7,
    }
    const listing = { subgroup: 32, stats: new Map(Object.entries(stats)), assembly: '' }
    const program = (lanes: number, shared: number) =>
      nvidiaProgram(listing, { gpu: gpus.rtx3090, lanes, shared })
    expect(program(256, 0)).to.include({
      registers: 40,
      spills: 1,
      fills: 2,
      scratch: 512,
      waves: 40,
      size: 7,
    })
    expect(program(256, 49152).waves).to.equal(16)
    expect(program(64, 2048).waves).to.equal(32)
  })
})

describe('bench/isa: what the layer writes', () => {
  it('is read into statistics and assembly', () => {
    const listing = parseListing(
      'subgroup 64\nstat 96 VGPRs\nstat 0 Spilled VGPRs\nassembly\nBB0:\n\ts_endpgm\n',
    )!
    expect(listing.subgroup).to.equal(64)
    expect([...listing.stats]).to.deep.equal([
      ['VGPRs', 96],
      ['Spilled VGPRs', 0],
    ])
    expect(listing.assembly).to.equal('BB0:\n\ts_endpgm\n')
  })

  it('is nothing where the driver failed', () => {
    expect(parseListing('failed -13\n')).to.equal(undefined)
  })
})
