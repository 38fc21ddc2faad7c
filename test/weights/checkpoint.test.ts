import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { readCheckpoint } from '../../src/weights/checkpoint.ts'
import { networkIn } from '../../src/weights/checkpoint_format.ts'
import { CheckpointMismatch, checkValues, matchParameters } from '../../src/weights/match_parameters.ts'
import { writeSafetensors } from '../../src/weights/safetensors.ts'
import type { HostTensor, StateDict } from '../../src/weights/tensor.ts'

const golden = (name: string) => new Uint8Array(readFileSync(new URL(`golden/${name}`, import.meta.url)))
const text = (content: string) => new Uint8Array(Buffer.from(content, 'latin1'))
const tensor = (...shape: number[]): HostTensor => ({
  dtype: 'f32',
  shape,
  data: new Float32Array(shape.reduce((product, n) => product * n, 1)),
})

describe('readCheckpoint', () => {
  it('recognises the format by content, whatever the name', () => {
    const tensors = readCheckpoint(golden('zip.pth'), 'model.safetensors')
    expect(readCheckpoint(golden('legacy.pth'), 'model')).to.deep.equal(tensors)
    expect(readCheckpoint(writeSafetensors(tensors), 'model.pth')).to.deep.equal(tensors)
  })

  const namesIn = (...names: string[]) => [
    ...readCheckpoint(writeSafetensors(new Map(names.map(name => [name, tensor(1)]))), 'x').keys(),
  ]

  it('strips the prefixes of DataParallel, Lightning and torch.compile, in any order', () => {
    for (const prefix of [
      'module.',
      'model.',
      '_orig_mod.',
      'model._orig_mod.module.',
      '_orig_mod.module.model.',
    ])
      expect(namesIn(`${prefix}conv.weight`), prefix).to.deep.equal(['conv.weight'])
  })

  it('keeps all tensors where some have no prefix', () => {
    for (const names of [
      ['n_averaged', 'module.a', 'module.b'],
      ['model.a', 'classifier.b'],
    ])
      expect(namesIn(...names)).to.deep.equal(names)
  })

  const others: [what: string, bytes: Uint8Array, message: RegExp][] = [
    ['an empty file', new Uint8Array(), /^x\.pth: the file is empty \(0 bytes\)$/],
    ['a web page', text('\n<!DOCTYPE html><html>…'), /^x\.pth: a web page/],
    ['a PNG image', text('\x89PNG\r\n\x1a\n\0\0\0\rIHDR'), /^x\.pth: a PNG image/],
    ['a JPEG image', text('\xff\xd8\xff\xe0\0\x10JFIF\0'), /^x\.pth: a JPEG image/],
    [
      'a Git LFS pointer',
      text('version https://git-lfs.github.com/spec/v1\noid sha256:…'),
      /^x\.pth: a Git LFS pointer/,
    ],
    ['a config', text('{\n "architectures": []}'), /^x\.pth: JSON text/],
    ['anything else', text('GGUF and so on'), /^x\.pth: neither a safetensors nor a PyTorch checkpoint$/],
    ['one byte', text('\x80'), /^x\.pth: neither/],
    ['a pickle', golden('plain.pkl'), /^x\.pth: pickle: not one that PyTorch saved$/],
    [
      'a malicious checkpoint',
      golden('malicious_zip.pth'),
      /^x\.pth: refused to load: the file asks for posix\.system/,
    ],
  ]
  for (const [what, bytes, message] of others) {
    it(`refuses ${what}`, () => expect(() => readCheckpoint(bytes, 'x.pth')).to.throw(UserError, message))
  }
})

describe('networkIn', () => {
  const namesIn = (...names: string[]) => [...networkIn(new Map(names.map(name => [name, tensor(1)]))).keys()]

  it("leaves out a wrapper's own tensors, and keeps a network's modules of such names", () => {
    expect(namesIn('n_averaged', 'module.a', 'module.b')).to.deep.equal(['a', 'b'])
    expect(namesIn('n_averaged', 'module.model.a', 'module.model.b')).to.deep.equal(['a', 'b'])
    expect(namesIn('std', 'model.a', 'mean', 'model.b', 'model._orig_mod.c')).to.deep.equal([
      'a',
      'b',
      '_orig_mod.c',
    ])
    expect(namesIn('model.a', 'classifier.b')).to.deep.equal(['model.a', 'classifier.b'])
  })
})

describe('matchParameters', () => {
  const expected = [
    { name: 'conv.weight', shape: [2, 1, 3, 3] },
    { name: 'norm.weight', shape: [2] },
  ]
  const options = { source: 'x.safetensors', model: 'deeplabv3_resnet50' }
  const complete: StateDict = new Map([
    ['norm.weight', tensor(2)],
    ['norm.num_batches_tracked', tensor()],
    ['conv.weight', tensor(2, 1, 3, 3)],
  ])

  it('returns the expected tensors in the expected order, without num_batches_tracked', () => {
    expect([...matchParameters(complete, expected, options).keys()]).to.deep.equal([
      'conv.weight',
      'norm.weight',
    ])
  })

  it('ignores tensors that may remain unused', () => {
    const tensors = new Map([...complete, ['aux.weight', tensor(1)] as const])
    expect(() => matchParameters(tensors, expected, options)).to.throw(CheckpointMismatch, '1 unexpected')
    const ignore = (name: string) => name.startsWith('aux.')
    expect(matchParameters(tensors, expected, { ...options, ignore }).size).to.equal(2)
  })

  it('reports all mismatches at once', () => {
    const tensors = new Map([
      ['conv.weight', tensor(2, 1, 1, 1)],
      ['conv.bias', tensor(2)],
    ])
    expect(() => matchParameters(tensors, expected, options)).to.throw(
      UserError,
      [
        'x.safetensors is not a checkpoint of deeplabv3_resnet50: 1 missing, 1 unexpected, 1 mis-shaped',
        '  missing: norm.weight',
        '  unexpected: conv.bias',
        '  mis-shaped: conv.weight [2, 1, 1, 1] instead of [2, 1, 3, 3]',
      ].join('\n'),
    )
  })

  it('abbreviates long lists in the message, not in the properties', () => {
    const many = Array.from({ length: 20 }, (_, i) => ({ name: `w${i}`, shape: [1] }))
    const mismatch = (() => {
      try {
        return matchParameters(new Map(), many, options)
      } catch (error) {
        return error
      }
    })()
    expect(mismatch).to.be.instanceOf(CheckpointMismatch)
    expect((mismatch as CheckpointMismatch).message).to.match(
      /: 20 missing\n {2}missing: w0, .*, w7 and 12 more$/,
    )
    expect((mismatch as CheckpointMismatch).missing).to.have.length(20)
  })

  it('refuses integers in place of weights, in one line', () => {
    const whole: HostTensor = { dtype: 'i64', shape: [2], data: new BigInt64Array(2) }
    const tensors = new Map([...complete, ['norm.weight', whole] as const])
    expect(() => matchParameters(tensors, expected, options)).to.throw(
      UserError,
      /^x\.safetensors: tensor "norm\.weight" is of i64; expected floats$/,
    )
  })
})

describe('checkValues', () => {
  const check = (name: string, ...values: number[]) =>
    checkValues(new Map([[name, Float32Array.from(values)]]), 'x.pth')

  it('accepts all finite numbers, including the largest', () => {
    const largest = (2 - 2 ** -23) * 2 ** 127
    check('a', ...Array(9).fill(largest), -largest, 0, -0)
    check('a')
    check('bn.running_var', 0, 1e-30)
  })

  it('names the tensor that holds other values, at any position', () => {
    for (let place = 0; place < 7; place++)
      for (const value of [Number.NaN, Infinity, -Infinity]) {
        const values = Array(7).fill(1)
        values[place] = value
        expect(() => check('conv\u001b.weight', ...values)).to.throw(
          UserError,
          /^x\.pth: tensor "conv\?\.weight" has 1 of 7 values that are not finite numbers$/,
        )
      }
  })

  it('refuses negative variances, which would give NaN', () => {
    expect(() => check('bn.running_var', 1, -1e-6)).to.throw(
      UserError,
      'tensor "bn.running_var" has a negative variance',
    )
    check('bn.running_mean', -1)
  })
})
