import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { readSafetensors, writeSafetensors } from '../../src/weights/safetensors.ts'
import type { StateDict } from '../../src/weights/tensor.ts'

/** A file with any header text and data, valid or not. */
function file(header: string | object, data: Uint8Array = new Uint8Array(), length?: bigint): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const bytes = new Uint8Array(8 + text.length + data.length)
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true)
  bytes.set(text, 8)
  bytes.set(data, 8 + text.length)
  return bytes
}

const sample: StateDict = new Map([
  ['half', { dtype: 'f16', shape: [3], data: Float32Array.of(1, -2.5, 65504) }],
  ['brain', { dtype: 'bf16', shape: [1, 2], data: Float32Array.of(-0.5, 2 ** 100) }],
  ['float', { dtype: 'f32', shape: [2, 2], data: Float32Array.of(0.1, Number.NaN, Infinity, -0) }],
  ['count', { dtype: 'i64', shape: [], data: BigInt64Array.of(-(2n ** 62n)) }],
  ['none', { dtype: 'f32', shape: [0, 3], data: new Float32Array() }],
])

describe('safetensors', () => {
  it('preserves names in order, dtypes, shapes and values', () => {
    const read = readSafetensors(writeSafetensors(sample))
    expect([...read.keys()]).to.deep.equal([...sample.keys()])
    expect(read).to.deep.equal(sample)
  })

  it('reads every dtype of PyTorch, f64 as f32, and writes the same values', () => {
    const values: StateDict = new Map([
      ['i32', { dtype: 'i32', shape: [1], data: Int32Array.of(-(2 ** 31)) }],
      ['i16', { dtype: 'i16', shape: [2], data: Int16Array.of(1, -(2 ** 15)) }],
      ['i8', { dtype: 'i8', shape: [2], data: Int8Array.of(1, -128) }],
      ['u8', { dtype: 'u8', shape: [1], data: Uint8Array.of(255) }],
      ['bool', { dtype: 'bool', shape: [1], data: Uint8Array.of(1) }],
    ])
    expect(readSafetensors(writeSafetensors(values))).to.deep.equal(values)
    const doubles = new Uint8Array(Float64Array.of(0.1, -2).buffer)
    const header = { a: { dtype: 'F64', shape: [2], data_offsets: [0, 16] } }
    expect(readSafetensors(file(header, doubles)).get('a')).to.deep.equal({
      ...{ dtype: 'f32', shape: [2], data: Float32Array.of(0.1, -2) },
    })
  })

  it('writes an aligned header, contiguous data and the metadata that Hugging Face requires', () => {
    const bytes = writeSafetensors(sample)
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true))
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))
    expect(length % 8).to.equal(0)
    expect(header.__metadata__).to.deep.equal({ format: 'pt' })
    expect(header.count.data_offsets).to.deep.equal([0, 8])
    expect(header.float.data_offsets).to.deep.equal([8, 24])
    expect(header.half).to.deep.equal({ dtype: 'F16', shape: [3], data_offsets: [24, 30] })
    expect(header.brain.data_offsets).to.deep.equal([30, 34])
    expect(bytes.length).to.equal(8 + length + 34)
  })

  it('copies nothing if the tensors are aligned', () => {
    const bytes = writeSafetensors(sample)
    expect(readSafetensors(bytes).get('float')!.data.buffer).to.equal(bytes.buffer)
  })

  it('reads a file that is unaligned in its buffer', () => {
    const shifted = new Uint8Array(writeSafetensors(sample).length + 1)
    shifted.set(writeSafetensors(sample), 1)
    expect(readSafetensors(shifted.subarray(1))).to.deep.equal(sample)
    expect(readSafetensors(Buffer.from(shifted.buffer).subarray(1))).to.deep.equal(sample)
  })

  it('reads a file without tensors, and names that are special in JavaScript', () => {
    expect(readSafetensors(file({})).size).to.equal(0)
    const header = '{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    expect(readSafetensors(file(header, new Uint8Array(4))).get('__proto__')!.shape).to.deep.equal([1])
  })

  const f32 = (shape: unknown, begin: unknown, end: unknown, dtype: unknown = 'F32') => ({
    dtype,
    shape,
    data_offsets: [begin, end],
  })
  const four = new Uint8Array(4)
  const hostile: [what: string, bytes: Uint8Array, message: RegExp][] = [
    ['no bytes', new Uint8Array(), /ends inside its first 8 bytes/],
    ['7 bytes', new Uint8Array(7), /ends inside its first 8 bytes/],
    ['a header of 2 GB', file('{}', four, 2n ** 31n), /2147483648 bytes is over the limit/],
    ['a header of 2^64 - 1 bytes', file('{}', four, 2n ** 64n - 1n), /over the limit/],
    ['a header beyond the file', file('{}', four, 7n), /ends beyond the file/],
    ['a header that is not UTF-8', file('{}', Uint8Array.of(0xff), 3n), /not UTF-8/],
    ['a header that is not JSON', file('{"a":'), /not JSON/],
    ['an empty header', file(''), /not JSON/],
    ['a header that is a list', file('[]'), /not a JSON object/],
    ['a header that is null', file('null'), /not a JSON object/],
    ['metadata that is not text', file({ __metadata__: { a: {} } }), /__metadata__/],
    [
      'a name that comes twice',
      file(
        '{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}',
      ),
      /twice/,
    ],
    ['an entry that is a number', file({ a: 1 }), /"a" is not described/],
    [
      'an unknown dtype',
      file({ a: f32([1], 0, 8, 'C64') }, new Uint8Array(8)),
      /"a" has dtype "C64"; supported are F64, F32/,
    ],
    ['a dtype of Object', file({ a: f32([1], 0, 4, 'constructor') }, four), /dtype "constructor"/],
    ['a shape that is missing', file({ a: { dtype: 'F32', data_offsets: [0, 4] } }, four), /shape/],
    ['a negative dimension', file({ a: f32([-1], 0, 4) }, four), /shape/],
    ['a fractional dimension', file({ a: f32([0.5], 0, 2) }, four), /shape/],
    ['a dimension that is text', file({ a: f32(['1'], 0, 4) }, four), /shape/],
    ['nine axes', file({ a: f32(Array(9).fill(1), 0, 4) }, four), /"a" has 9 axes; at most 8 are supported/],
    ['dimensions that overflow', file({ a: f32([2 ** 52, 2 ** 52, 4], 0, 4) }, four), /takes .* bytes/],
    ['one offset', file({ a: { dtype: 'F32', shape: [1], data_offsets: [0] } }, four), /data_offsets/],
    ['a negative offset', file({ a: f32([1], -4, 0) }, four), /data_offsets/],
    ['offsets in reverse', file({ a: f32([1], 4, 0) }, four), /takes 4 bytes/],
    [
      'a size that does not fit the shape',
      file({ a: f32([2], 0, 4) }, four),
      /takes 8 bytes, but its offsets span 4/,
    ],
    ['a tensor outside the file', file({ a: f32([2], 0, 8) }, four), /ends at byte 8 of 4/],
    [
      'tensors that overlap',
      file({ a: f32([1], 0, 4), b: f32([1], 2, 6) }, new Uint8Array(6)),
      /"b" overlaps/,
    ],
    [
      'a hole between tensors',
      file({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, new Uint8Array(12)),
      /hole of 4 bytes/,
    ],
    [
      'bytes after the tensors',
      file({ a: f32([1], 0, 4) }, new Uint8Array(9)),
      /5 bytes of data belong to no tensor/,
    ],
  ]
  for (const [what, bytes, message] of hostile) {
    it(`refuses ${what} in one line`, () => {
      expect(() => readSafetensors(bytes)).to.throw(UserError, message)
      expect(() => readSafetensors(bytes)).not.to.throw(/\n/)
    })
  }
})
