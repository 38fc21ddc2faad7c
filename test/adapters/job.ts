// What the probe is sent: which parts to run, photos with their networks, and the results of the reference.

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { knownAnswersFile } from '../../src/cli/doctor/known_answers.ts'
import { MODEL_FILES, modelFiles, readModel } from '../../src/library/model_files.ts'
import { readImage } from '../../src/node/images/image.ts'
import { findWeights } from '../../src/node/weights.ts'
import { readNpy } from '../node/npy.ts'
import type { ExpectedLogits, PhotoJob } from './probe/photos_part.ts'
import type { ProbeJob } from './probe/probe.ts'

/** golden.json, which make_golden.ts writes. */
export interface Golden {
  /** Of docs/scene.png and the shipped weights; logits are float32 in base64. */
  scene: (Omit<ExpectedLogits, 'logits'> & { logits: string })[]
  /** By training. */
  losses: Record<string, number[]>
}

export const goldenFile = new URL('golden.json', import.meta.url)

export const SCENE: PhotoSource = {
  name: 'the shipped scene',
  photo: new URL('../../docs/scene.png', import.meta.url),
  weights: new URL('../../weights/scenes', import.meta.url),
}

const shared = (path: string) => new URL(`../../../shared/data/${path}`, import.meta.url)

/** Next to the repository, for development. */
const BIRD: PhotoSource = {
  name: 'the bird of the shared data',
  photo: shared('photos/bird.png'),
  weights: shared('checkpoints/deeplabv3_mobilenet_v2_1.0_513'),
}
const BIRD_LOGITS = shared('reference/bird.logits.npy')

interface PhotoSource {
  name: string
  photo: URL
  weights: URL
}

/** The part of a job that is the same in every cell, and the files that the probe reads, by name. */
export interface SharedJob {
  job: Pick<ProbeJob, 'photos' | 'absentPhotos' | 'losses'>
  files: Map<string, Uint8Array>
}

export async function sharedJob(): Promise<SharedJob> {
  const { scene, losses }: Golden = JSON.parse(await readFile(goldenFile, 'utf8'))
  const files = new Map<string, Uint8Array>([['known_answers.json', await readFile(knownAnswersFile)]])
  const photos = [await photoJob(SCENE, scene.map(fromGolden), files)]
  const hasBird = existsSync(BIRD.photo)
  if (hasBird) photos.push(await photoJob(BIRD, [await birdLogits()], files))
  const absentPhotos = hasBird ? [] : [{ name: BIRD.name, reason: '../shared/data is absent' }]
  return { job: { photos, absentPhotos, losses }, files }
}

/** Adds the photo's pixels and its network's weights to the files. */
export async function photoJob(
  { name, ...source }: PhotoSource,
  expected: ExpectedLogits[],
  files: Map<string, Uint8Array>,
): Promise<PhotoJob> {
  const { width, height, data } = await readImage(fileURLToPath(source.photo))
  const model = await readModel(await findWeights(fileURLToPath(source.weights)))
  const [pixels, weights] = [`${name}.rgba`, `${name}.safetensors`]
  files.set(pixels, data)
  files.set(weights, modelFiles(model).get(MODEL_FILES.weights) as Uint8Array)
  const { config, preprocessing } = model
  return { name, pixels, weights, width, height, config, preprocessing, expected }
}

function fromGolden({ logits, ...rest }: Golden['scene'][number]): ExpectedLogits {
  const { buffer, byteOffset, length } = new Uint8Array(Buffer.from(logits, 'base64'))
  return { ...rest, logits: [...new Float32Array(buffer, byteOffset, length / 4)] }
}

/** PyTorch's, in NHWC. */
async function birdLogits(): Promise<ExpectedLogits> {
  const {
    data,
    shape: [, classes, height, width],
  } = readNpy(await readFile(BIRD_LOGITS))
  const at = (i: number) => data[(i % classes) * height * width + Math.floor(i / classes)]
  return { outputStride: 16, height, width, logits: Array.from(data, (_, i) => at(i)) }
}
