// The threads of render_scenes.ts.

import { join } from 'node:path'
import sharp from 'sharp'
import { vocPalette } from '../../src/data/palette.ts'
import { writeMaskPng } from '../../src/node/images/mask_png.ts'
import { serve } from '../../src/node/worker_pool.ts'
import { renderScene } from './ray_tracer.ts'

export interface SceneJob {
  seed: number
  /** Edge of the picture in pixels. */
  size: number
  /** The folder for images/SEED.png and masks/SEED.png. */
  folder: string
}

serve(async ({ seed, size, folder }: SceneJob) => {
  const scene = renderScene({ seed, width: size, height: size })
  const raw = { width: size, height: size, channels: 4 } as const
  await sharp(scene.image, { raw })
    .removeAlpha()
    .png()
    .toFile(join(folder, 'images', `${seed}.png`))
  await writeMaskPng(join(folder, 'masks', `${seed}.png`), scene, vocPalette)
  return { result: undefined, transfer: [] }
})
