import { expect } from 'chai'
import { constantOf, workgroupSize, workgroupsFor } from '../../src/gpu/shader_constants.ts'
import * as shaders from '../../src/gpu/shaders.gen.ts'

describe('gpu/shader_constants', () => {
  it('reads a constant, and a product of constants', () => {
    expect(constantOf(shaders.sgd, 'LANE_PARAMETERS')).to.equal(16)
    expect(constantOf(shaders.winograd_multiply_tiled, 'WORKGROUP_TILES')).to.equal(64)
  })

  it('reads workgroup sizes: a number, a constant, a product, two axes', () => {
    expect(workgroupSize(shaders.sgd)).to.equal(64)
    expect(workgroupSize(shaders.conv2d_subgroup)).to.equal(8)
    expect(workgroupSize(shaders.winograd_input)).to.equal(64)
    expect(workgroupSize(shaders.batch_norm_merge)).to.equal(128)
  })

  it('counts workgroups', () => {
    expect([1, 64, 65].map(count => workgroupsFor(shaders.add, count))).to.deep.equal([1, 1, 2])
  })

  it('throws on an unknown constant, with its name', () => {
    expect(() => constantOf(shaders.sgd, 'DEPTH')).to.throw(
      'sgd.wgsl: DEPTH is neither a number nor a constant',
    )
  })
})
