// The tasks of forgetting.ts: scenes of the ray tracer with the shipped network, and CamVid with a network that was trained on it.

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { sceneClasses } from '../scripts/scenes/classes.ts'
import { renderScene } from '../scripts/scenes/ray_tracer.ts'
import type { LabelledImage } from '../src/data/dataset.ts'
import { readModel } from '../src/library/model_files.ts'
import { openDataset } from '../src/node/datasets/open.ts'
import { findWeights } from '../src/node/weights.ts'
import type { ForgettingTask } from './forgetting.ts'

const PHOTOS = 3
const SIZE = { width: 640, height: 480 }

/** The folder of CamVid in PASCAL VOC's layout. */
const CAMVID = fileURLToPath(new URL('../../shared/data/camvid', import.meta.url))

/** By network. Says in a line why CamVid is left out, where it is. */
export async function forgettingTasks(
  camvid: string | undefined,
): Promise<[network: string, ForgettingTask[]][]> {
  const scenes: [string, ForgettingTask[]] = ['scenes', await sceneTasks(['cone', 'ring', 'box'])]
  const reason = existsSync(CAMVID) ? 'no --camvid MODEL' : `${CAMVID} is absent`
  if (camvid && existsSync(CAMVID))
    return [scenes, ['CamVid', await camvidTasks(camvid, ['car', 'pavement', 'bicyclist'])]]
  console.log(`CamVid is left out: ${reason}`)
  return [scenes]
}

/** Scenes that show the class teach it; ten others score it. */
async function sceneTasks(classes: readonly string[]): Promise<ForgettingTask[]> {
  const model = await readModel(await findWeights('scenes'))
  const scenes = Array.from({ length: 16 }, (_, i) => scene(9000 + i))
  const test = scenes.slice(0, 10)
  return classes.map(className => {
    const id = sceneClasses.indexOf(className as (typeof sceneClasses)[number])
    const photos = scenes.slice(10).sort((a, b) => pixelsOf(b, id) - pixelsOf(a, id))
    return { model, className, id, test, photos: photos.slice(0, PHOTOS) }
  })
}

function scene(seed: number): LabelledImage {
  const { image: data, mask, width, height } = renderScene({ seed, ...SIZE })
  const image = { data, width, height, originalWidth: width, originalHeight: height }
  return { id: `scene ${seed}`, image, mask, width, height }
}

/**
 * Of each third of the training photos, the one with most pixels of the class teaches it; every eighth photo of val scores it. A network
 * that was trained without one of CamVid's classes is taught this one in place of `classes`.
 */
async function camvidTasks(checkpoint: string, classes: readonly string[]): Promise<ForgettingTask[]> {
  const model = await readModel(await findWeights(checkpoint))
  const [train, val] = [
    await openDataset(`voc:${CAMVID}`, { split: 'train' }),
    await openDataset(`voc:${CAMVID}`, { split: 'val' }),
  ]
  const labels = await Promise.all(train.ids.map((_, index) => train.readLabels(index)))
  const test: LabelledImage[] = []
  for (let index = 0; index < val.size; index += 8) test.push(await val.read(index))
  const unknown = train.classNames.filter(name => !model.classNames.includes(name))
  const tasks: ForgettingTask[] = []
  for (const className of unknown.length > 0 ? unknown : classes) {
    const id = train.classNames.indexOf(className)
    const photos: LabelledImage[] = []
    for (let part = 0; part < PHOTOS; part++) {
      const from = Math.floor((part * train.size) / PHOTOS)
      const own = labels.slice(from, Math.floor(((part + 1) * train.size) / PHOTOS))
      const counts = own.map(each => pixelsOf(each, id))
      photos.push(await train.read(from + counts.indexOf(Math.max(...counts))))
    }
    tasks.push({ model, className, id, test, photos })
  }
  return tasks
}

const pixelsOf = ({ mask }: { mask: Uint8Array }, id: number) =>
  mask.reduce((sum, label) => sum + Number(label === id), 0)
