// What every platform's model does, on a platform that a test controls.

import { expect } from 'chai'
import { DeviceLostError } from '../../src/gpu/errors.ts'
import type { Gpu } from '../../src/gpu/gpu.ts'
import type { ClassMap } from '../../src/inference/class_map.ts'
import { DeepLabBase } from '../../src/library/deeplab_base.ts'
import { createdModel, openModel, type Platform } from '../../src/library/open_model.ts'
import { type Image, openGpu } from '../../src/node/index.ts'
import { blocksPhoto, TINY } from '../node/tiny_model.ts'
import { rejects } from '../support/rejects.ts'

class TestModel extends DeepLabBase<Image, ClassMap> {
  static async create(platform: Platform<Image, ClassMap>): Promise<TestModel> {
    return new TestModel(await openModel(await createdModel(TINY, { size: 65 }), {}, platform), platform)
  }

  segment(photo: Image) {
    return this.segmentAny(photo, {})
  }
}

describe('library/deeplab_base', () => {
  const photo = blocksPhoto(45, 33)
  let opened: Gpu[]
  let platform: Platform<Image, ClassMap>

  beforeEach(() => {
    opened = []
    platform = {
      async openGpu() {
        opened.push(await openGpu())
        return opened.at(-1)!
      },
      openTuning: async () => ({
        variants: new Map(),
        save: async () => undefined,
        forget: async () => undefined,
      }),
      defaultTuning: () => 'off',
      read: async image => image,
      result: (_, found) => found,
    }
  })

  const expectClosed = () => {
    expect(opened).to.have.length(2)
    for (const gpu of opened) expect(() => gpu.throwIfFailed()).to.throw(DeviceLostError)
  }

  it('waits at its disposal for the device that replaces a lost one, and closes it', async () => {
    const model = await TestModel.create(platform)
    const { openGpu } = platform
    let disposal: Promise<void> | undefined
    platform.openGpu = async device => {
      disposal = model.dispose()
      await new Promise(resolve => setTimeout(resolve, 100)) // so a disposal that does not wait has ended before
      return openGpu(device)
    }
    model.gpu.device.destroy()
    await Promise.allSettled([model.segment(photo)])
    await disposal
    expectClosed()
  })

  it('closes the device that replaces a lost one if its tuning cannot be read', async () => {
    const model = await TestModel.create(platform)
    platform.openTuning = async () => {
      throw new Error('unreadable')
    }
    model.gpu.device.destroy()
    expect((await rejects(Error, () => model.segment(photo))).message).to.equal('unreadable')
    await model.dispose()
    expectClosed()
  })
})
