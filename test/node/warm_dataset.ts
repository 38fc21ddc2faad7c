import { mkdir, writeFile } from 'node:fs/promises'
import { encodeNpy } from '../../src/node/npy.ts'
import { randomSource } from '../reference/random.ts'
import { writeLabels, writeText } from './tiny_dataset.ts'

export const [WIDTH, HEIGHT, CHANNELS] = [40, 36, 5]

/** An image in which a network learns the warm class: noise in four channels, and temperatures in the fifth, in which alone the warm class differs. */
export function warmImage(index: number) {
  const next = randomSource(index + 1)
  const labels = Array.from({ length: WIDTH * HEIGHT }, (_, pixel) =>
    Number(index % 2 === 0 ? pixel % WIDTH >= WIDTH / 2 : pixel >= (WIDTH * HEIGHT) / 2),
  )
  const data = Float32Array.from({ length: labels.length * CHANNELS }, (_, i) => {
    const isTemperature = i % CHANNELS === CHANNELS - 1
    return isTemperature ? 280 + 30 * labels[Math.floor(i / CHANNELS)] + 4 * next() : next()
  })
  return { labels, data }
}

/** Writes a folder dataset of `count` such images as .npy files. */
export async function writeWarm(folder: string, count = 4): Promise<void> {
  await mkdir(`${folder}/images`, { recursive: true })
  for (let i = 0; i < count; i++) {
    const { labels, data } = warmImage(i)
    await writeFile(`${folder}/images/${i}.npy`, encodeNpy(data, [HEIGHT, WIDTH, CHANNELS]))
    await writeLabels(`${folder}/masks/${i}.png`, WIDTH, HEIGHT, labels)
  }
  await writeText(`${folder}/classes.txt`, 'cold', 'warm')
}
