import { readdir } from 'node:fs/promises'
import { expect } from 'chai'
import type { InputPhoto } from '../../src/cli/segment/input_photo.ts'
import { photoWork } from '../../src/cli/segment/photo_work.ts'
import { folderOutput } from '../../src/cli/segment/segment_output.ts'
import { segmentPhotos } from '../../src/cli/segment/segment_photos.ts'
import { SegmentReport } from '../../src/cli/segment/segment_report.ts'
import { Throughput } from '../../src/cli/segment/throughput.ts'
import { readMaskPng } from '../../src/node/images/mask_png.ts'
import { DeepLab } from '../../src/node/index.ts'
import { useTemporaryFolder } from '../node/support.ts'
import { blocksPhoto, TINY } from '../node/tiny_model.ts'
import { writePng } from './support.ts'

describe('segmentPhotos', () => {
  const path = useTemporaryFolder()

  it('goes on when the GPU is lost, and no photo is without its mask', async () => {
    const images = Array.from({ length: 8 }, (_, seed) => blocksPhoto(48, 32, seed))
    for (const [i, image] of images.entries()) await writePng(path(`${i}.png`), image)
    async function* photos(): AsyncGenerator<InputPhoto> {
      for (const i of images.keys()) yield { file: `${i}`, key: `${i}`, source: path(`${i}.png`) }
    }
    const model = await DeepLab.create(TINY, { size: 33 })
    let done = 0
    const report = new SegmentReport({ out: path('out'), json: false, lines: false })
    const { gpu } = model
    report.add = () => {
      if (++done === 2) gpu.device.destroy() // as a driver that fails
    }
    const options = { out: path('out'), mask: true, overlay: false, legend: true }
    const throughput = new Throughput()
    await segmentPhotos({
      ...{ model, photos: photos(), options, report, throughput, run: '' },
      ...{ output: folderOutput(options), work: photoWork({ threads: false }) },
    })
    report.end()
    expect(done).to.equal(8)
    expect(model.gpu).not.to.equal(gpu)
    expect(await readdir(path('out'))).to.have.length(8)
    for (const [i, image] of images.entries())
      expect((await readMaskPng(path(`out/${i}.mask.png`))).mask).to.deep.equal(
        (await model.segment(image)).mask,
      )
    const { liveBytes } = gpu.memory
    expect(liveBytes, 'buffers of the lost GPU').to.equal(0)
    await model.dispose()
  })
})
