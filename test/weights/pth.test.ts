import { existsSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { readCheckpoint } from '../../src/weights/checkpoint.ts'
import { networkIn } from '../../src/weights/checkpoint_format.ts'
import { readPth } from '../../src/weights/pth.ts'
import type { HostTensor, StateDict } from '../../src/weights/tensor.ts'

// make_golden.py makes the files.
const golden = (name: string) => new Uint8Array(readFileSync(new URL(`golden/${name}`, import.meta.url)))

const range = (length: number, value: (i: number) => number = i => i) =>
  Float32Array.from({ length }, (_, i) => value(i))
const transposed = range(24, i => (i % 4) * 6 + Math.floor(i / 4))

const expected: Record<string, HostTensor> = {
  f32: { dtype: 'f32', shape: [2, 3, 4], data: range(24, i => i / 8) },
  f16: { dtype: 'f16', shape: [6], data: Float32Array.of(1, -2.5, 65504, 2 ** -24, Infinity, Number.NaN) },
  bf16: { dtype: 'bf16', shape: [5], data: Float32Array.of(1, -2.5, 2 ** 100, -Infinity, Number.NaN) },
  i64: { dtype: 'i64', shape: [2, 2], data: BigInt64Array.of(1n, -2n, 2n ** 40n, -(2n ** 62n)) },
  scalar: { dtype: 'i64', shape: [], data: BigInt64Array.of(7n) },
  empty: { dtype: 'f32', shape: [0, 3], data: new Float32Array() },
  transposed: { dtype: 'f32', shape: [6, 4], data: transposed },
  every_second_column: { dtype: 'f32', shape: [4, 3], data: range(12, i => 2 * i + 1) },
  row_of_shared: { dtype: 'f32', shape: [6], data: range(6, i => 12 + i) },
  expanded: { dtype: 'f32', shape: [3], data: Float32Array.of(5, 5, 5) },
  transposed_half: { dtype: 'f16', shape: [6, 4], data: transposed },
  parameter: { dtype: 'f32', shape: [2], data: Float32Array.of(0.5, 0.25) },
}

describe('PyTorch files', () => {
  for (const name of ['zip.pth', 'legacy.pth', 'zip_protocol_4.pth']) {
    describe(name, () => {
      let tensors: StateDict
      before(() => {
        tensors = readPth(golden(name))
      })
      it('holds the expected names, in order', () => {
        expect([...tensors.keys()]).to.deep.equal(Object.keys(expected))
      })
      for (const [tensor, value] of Object.entries(expected)) {
        it(`${tensor} is read correctly`, () => expect(tensors.get(tensor)).to.deep.equal(value))
      }
    })
  }

  it('finds the state dict in the checkpoint of a training script', () => {
    const tensors = readPth(golden('training.pth'))
    expect([...tensors.keys()]).to.deep.equal([
      '0.weight',
      '0.bias',
      '1.weight',
      '1.bias',
      '1.running_mean',
      '1.running_var',
      '1.num_batches_tracked',
    ])
    expect(tensors.get('0.weight')!.shape).to.deep.equal([2, 1, 3, 3])
  })

  for (const name of ['torchvision.pth', 'plain_values_2.pth', 'plain_values_4.pth']) {
    it(`${name}: finds the weights next to a training script's options, optimizer and schedule`, () => {
      const tensors = readPth(golden(name))
      const trained = readPth(golden('training.pth'))
      const shapes = (dict: StateDict) => [...dict].map(([key, { dtype, shape }]) => [key, dtype, shape])
      expect(shapes(tensors)).to.deep.equal(shapes(trained))
      // All have the same seed, and differ by one training step at most.
      const [values, others] = [tensors, trained].map(dict => dict.get('0.bias')!.data as Float32Array)
      for (const [i, value] of values.entries()) expect(value).to.be.closeTo(others[i], 0.2)
    })
  }

  for (const key of ['model_state', 'net', 'weights', 'model_ema', 'ema'])
    it(`finds the weights under ${key}`, () => {
      const tensors = networkIn(readCheckpoint(golden(`under_${key}.pth`), 'x.pth'))
      expect([...tensors.keys()]).to.have.members([...readPth(golden('training.pth')).keys()])
    })

  it('keeps integers, and narrows f64 to f32', () => {
    const expected: Record<string, HostTensor> = {
      i32: { dtype: 'i32', shape: [2], data: Int32Array.of(1, -(2 ** 31)) },
      i16: { dtype: 'i16', shape: [2], data: Int16Array.of(1, -(2 ** 15)) },
      i8: { dtype: 'i8', shape: [2, 2], data: Int8Array.of(1, -128, 2, 4) },
      u8: { dtype: 'u8', shape: [2], data: Uint8Array.of(1, 255) },
      bool: { dtype: 'bool', shape: [2], data: Uint8Array.of(1, 0) },
      f64: { dtype: 'f32', shape: [2, 2], data: Float32Array.of(0.5, Infinity, 1e-3, -2) },
    }
    expect(Object.fromEntries(readPth(golden('integers.pth')))).to.deep.equal(expected)
  })

  it('lets tensors share storages as in the file', () => {
    const tensors = readPth(golden('zip.pth'))
    const { buffer } = tensors.get('row_of_shared')!.data
    expect(tensors.get('transposed')!.data.buffer).not.to.equal(buffer)
    expect(tensors.get('row_of_shared')!.data.byteOffset).to.equal(12 * 4)
  })

  const refused: [file: string, message: RegExp][] = [
    ['malicious_zip.pth', /^refused to load: the file asks for posix\.system;/],
    ['malicious_legacy.pth', /^refused to load: the file asks for posix\.system;/],
    ['whole_module.pth', /^refused to load: the file asks for torch\.nn\.modules\.container\.Sequential;/],
    ['plain.pkl', /not one that PyTorch saved/],
    ['compressed.pth', /compressed zip archive/],
  ]
  for (const [name, message] of refused) {
    it(`refuses ${name} in one line`, () => {
      expect(() => readPth(golden(name))).to.throw(UserError, message)
      expect(() => readPth(golden(name))).not.to.throw(/\n/)
    })
  }

  it('ran no code from the malicious files', () => {
    expect(existsSync('THE_MALICIOUS_CHECKPOINT_RAN')).to.equal(false)
  })

  for (const name of ['zip.pth', 'legacy.pth']) {
    it(`refuses ${name} cut short at any point`, () => {
      const whole = golden(name)
      for (let length = 0; length < whole.length; length += 7) {
        expect(() => readPth(whole.subarray(0, length)), `${length} bytes`).to.throw(UserError)
      }
    })
  }
})
