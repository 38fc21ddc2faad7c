import { expect } from 'chai'
import { zipSync } from 'fflate'
import { UserError } from '../../src/errors.ts'
import { readPth } from '../../src/weights/pth.ts'
import { type Part, pickle } from './assemble_pickle.ts'

/** A zip file with one float tensor `w` over a storage of 4 elements. */
function zipFile({
  shape,
  strides,
  offset = 0,
  elements = 4,
  entries = {},
}: {
  shape: number[]
  strides: number[]
  offset?: number
  elements?: number
  /** As fflate takes them. */
  entries?: Record<string, Uint8Array | readonly [Uint8Array, { level: 6 }]>
}): Uint8Array {
  const integer = (n: number): Part[] => ['LONG1', [8, ...new Uint8Array(BigInt64Array.of(BigInt(n)).buffer)]]
  const tuple = (parts: Part[][]): Part[] => ['MARK', ...parts.flat(), 'TUPLE']
  const text = (value: string): Part[] => ['SHORT_BINUNICODE', [value.length], `:${value}`]
  const storage = tuple([
    text('storage'),
    ['GLOBAL', ':torch\nFloatStorage\n'],
    text('0'),
    text('cpu'),
    integer(elements),
  ])
  const tensor = tuple([
    [...storage, 'BINPERSID'],
    integer(offset),
    tuple(shape.map(integer)),
    tuple(strides.map(integer)),
  ])
  const data = pickle(
    'EMPTY_DICT',
    ...text('w'),
    'GLOBAL',
    ':torch._utils\n_rebuild_tensor_v2\n',
    ...tensor,
    'REDUCE',
    'SETITEM',
    'STOP',
  )
  return zipSync({ 'x/data.pkl': data, 'x/data/0': new Uint8Array(16), ...entries }, { level: 0 })
}

describe('hostile PyTorch files', () => {
  it('reads a valid file', () => {
    expect(readPth(zipFile({ shape: [2, 1], strides: [2, 1], offset: 1 })).get('w')!.data).to.have.length(2)
  })

  const cases: [what: string, file: () => Uint8Array, message: RegExp][] = [
    [
      'an offset outside the storage',
      () => zipFile({ shape: [4], strides: [1], offset: 1 }),
      /"w" reaches outside/,
    ],
    ['strides outside the storage', () => zipFile({ shape: [2, 2], strides: [3, 1] }), /"w" reaches outside/],
    [
      'a negative offset',
      () => zipFile({ shape: [1], strides: [1], offset: -1 }),
      /description of a tensor is damaged/,
    ],
    [
      'a negative stride',
      () => zipFile({ shape: [2], strides: [-1], offset: 1 }),
      /description of a tensor is damaged/,
    ],
    [
      'more strides than dimensions',
      () => zipFile({ shape: [2], strides: [1, 1] }),
      /description of a tensor/,
    ],
    [
      'a petabyte from one element',
      () => zipFile({ shape: [2 ** 50], strides: [0] }),
      /more than the file has bytes/,
    ],
    [
      'dimensions that overflow',
      () => zipFile({ shape: Array(8).fill(2 ** 50), strides: Array(8).fill(0) }),
      /more than the file has bytes/,
    ],
    [
      'ten thousand axes',
      () => zipFile({ shape: Array(10_000).fill(1), strides: Array(10_000).fill(1) }),
      /a tensor has 10000 axes; at most 8 are supported/,
    ],
    [
      'a storage larger than its entry',
      () => zipFile({ shape: [1], strides: [1], elements: 2 ** 40 }),
      /storage "0" needs 4398046511104 bytes and has 16/,
    ],
    [
      'a TorchScript program',
      () => {
        const code = { 'x/code/__torch__.py': [Buffer.from('def forward'), { level: 6 }] as const }
        const entries = { 'x/constants.pkl': new Uint8Array(), ...code }
        return zipFile({ shape: [1], strides: [1], entries })
      },
      /TorchScript/,
    ],
    [
      'a big-endian machine',
      () => zipFile({ shape: [1], strides: [1], entries: { 'x/byteorder': Buffer.from('big') } }),
      /big-endian/,
    ],
    ['no pickle', () => zipSync({ 'readme.txt': new Uint8Array(1) }), /no data\.pkl|compressed/],
    [
      'a directory that states four billion entries',
      () => claimEntries(zipFile({ shape: [1], strides: [1] })),
      /zip directory is damaged/,
    ],
    [
      'entries that overlap',
      () =>
        repeatEntries(zipFile({ shape: [1], strides: [1], entries: { 'x/data/9': new Uint8Array(5000) } })),
      /zip directory is damaged/,
    ],
  ]
  for (const [what, file, message] of cases) {
    it(`${what}`, () => expect(() => readPth(file())).to.throw(UserError, message))
  }
})

/**
 * Offsets in a zip file without a comment: of its end record, and, from that record, of the count and the start of the entries.
 */
function directory(zip: Uint8Array): { view: DataView; end: number; begin: number } {
  const view = new DataView(zip.buffer, zip.byteOffset)
  const end = zip.length - 22
  return { view, end, begin: view.getUint32(end + 16, true) }
}

/** Inserts a zip64 end record before the end record, which can count only up to 2^32 - 1. */
function claimEntries(zip: Uint8Array): Uint8Array {
  const { end, begin } = directory(zip)
  const out = new Uint8Array(zip.length + 56 + 20)
  out.set(zip.subarray(0, end))
  out.set(zip.subarray(end), end + 76)
  const view = new DataView(out.buffer)
  view.setUint32(end, 0x06064b50, true)
  view.setUint32(end + 32, 0xffffffff, true)
  view.setUint32(end + 48, begin, true)
  view.setUint32(end + 56, 0x07064b50, true)
  view.setUint32(end + 64, end, true)
  return out
}

/** Lists every entry a hundred times. */
function repeatEntries(zip: Uint8Array): Uint8Array {
  const { view, end, begin } = directory(zip)
  const entries = zip.subarray(begin, end)
  const out = new Uint8Array(begin + entries.length * 100 + 22)
  out.set(zip.subarray(0, begin))
  for (let i = 0; i < 100; i++) out.set(entries, begin + i * entries.length)
  out.set(zip.subarray(end), out.length - 22)
  new DataView(out.buffer).setUint16(out.length - 14, view.getUint16(end + 8, true) * 100, true)
  return out
}
