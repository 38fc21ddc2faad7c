import { expect } from 'chai'
import { constantOf, workgroupSize, workgroupsFor } from '../../src/gpu/shader_constants.ts'

describe('gpu/shader_constants', () => {
  it('reads a constant, and a product of constants', () => {
    expect(constantOf('sgd', 'LANE_PARAMETERS')).to.equal(16)
    expect(constantOf('winograd_multiply_tiled', 'WORKGROUP_TILES')).to.equal(64)
  })

  it('reads workgroup sizes: a number, a constant, a product, two axes', () => {
    expect(workgroupSize('sgd')).to.equal(64)
    expect(workgroupSize('conv2d_subgroup')).to.equal(8)
    expect(workgroupSize('winograd_input')).to.equal(64)
    expect(workgroupSize('batch_norm_merge')).to.equal(128)
  })

  it('counts workgroups', () => {
    expect([1, 64, 65].map(count => workgroupsFor('add', count))).to.deep.equal([1, 1, 2])
  })

  it('throws on an unknown constant, with its name', () => {
    expect(() => constantOf('sgd', 'LANES')).to.throw('sgd.wgsl: LANES is neither a number nor a constant')
  })
})
