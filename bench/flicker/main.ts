// How much calmer masks become, and what it costs: `npx tsx bench/flicker/main.ts [--photos FILE,… --model M] [--frames 30]`.
// Without photos, the clips are drawn scenes whose bodies move, and the model is the one that knows them.

import { parseArgs } from 'node:util'
import { Flicker } from '../../src/bench/flicker.ts'
import { digits, StreamedTable } from '../../src/cli/format.ts'
import type { ScoreMap } from '../../src/inference/score_map.ts'
import { DeepLab } from '../../src/node/deeplab.ts'
import { readImage } from '../../src/node/images/image.ts'
import { ConfusionMatrix } from '../../src/train/confusion.ts'
import { cellChange, cellGreys } from '../../test/reference/scene_share.ts'
import { blockMotion, type Motion } from './block_motion.ts'
import { type Clip, drawnClip, panClip } from './clips.ts'
import { classesOf, smoothed, type Way } from './means.ts'

const { values } = parseArgs({
  options: {
    photos: { type: 'string' },
    model: { type: 'string', default: 'scenes' },
    frames: { type: 'string', default: '30' },
    size: { type: 'string', default: '257' },
  },
})
const SHARES = [1, 0.7, 0.5, 0.35, 0.25]
const SEEDS = [3, 12, 21]
const size = { width: 256, height: 192, frames: Number(values.frames) }

/** What a network says of a clip. */
interface Recorded {
  clip: Clip
  scores: ScoreMap[]
  masks: Uint8Array[]
  truth: Uint8Array[]
  /** From each frame to the one before. */
  motions: Motion[]
}

interface Result {
  flicker: number
  /** mIoU with the masks that are not smoothed. */
  agreement: number
  /** mIoU with the truth. */
  truth: number
}

async function record(model: DeepLab, clip: Clip): Promise<Recorded> {
  const options = { output: 'logits', at: 'network', size: Number(values.size) } as const
  const scores: ScoreMap[] = []
  const masks: Uint8Array[] = []
  for (const frame of clip.frames) {
    const found = await model.segment(frame, options)
    scores.push(found.logits)
    masks.push(found.mask)
  }
  const truth: Uint8Array[] = []
  for (const known of clip.truth)
    truth.push('data' in known ? (await model.segment(known, { size: options.size })).mask : known)
  const motions = clip.frames.map((now, i) => blockMotion(clip.frames[Math.max(0, i - 1)], now, scores[i]))
  return { clip, scores, masks, truth, motions }
}

function measure({ clip, masks, truth }: Recorded, smooth: readonly Uint8Array[], classes: number): Result {
  const flicker = new Flicker()
  const agreement = new ConfusionMatrix(classes)
  const right = new ConfusionMatrix(classes)
  for (const [i, mask] of smooth.entries()) {
    flicker.add({ image: clip.frames[i], mask })
    agreement.add(masks[i], mask)
    right.add(truth[i], mask)
  }
  return { flicker: flicker.mean!, agreement: agreement.scores().mIoU!, truth: right.scores().mIoU! }
}

/** What tells a new scene: the change from one value to another, within clips and from one clip to the next. */
function printChanges<Value>(
  what: string,
  clips: readonly Value[][],
  change: (before: Value, now: Value) => number,
): void {
  const within = clips.flatMap(values => values.slice(1).map((now, i) => change(values[i], now)))
  const between = clips.flatMap((values, i) => clips.slice(i + 1).map(others => change(values[0], others[0])))
  const most = digits(Math.max(...within))
  console.log(
    `${what}: at most ${most} from frame to frame, ${between.map(digits).join(', ')} to another clip`,
  )
}

const clips = values.photos
  ? await Promise.all(values.photos.split(',').map(async file => panClip(file, await readImage(file), size)))
  : SEEDS.map(seed => drawnClip(seed, size))
const model = await DeepLab.load(values.model)
const { alignCorners, classes } = model.config
const recorded: Recorded[] = []
for (const clip of clips) recorded.push(await record(model, clip))
await model.dispose()

const percent = (value: number) => (100 * value).toFixed(2)
const mean = (numbers: number[]) => numbers.reduce((a, b) => a + b) / numbers.length
const table = new StreamedTable(['mean of', 'share', 'flicker %', 'agreement %', 'truth %'], 26)
const rows = (all: Result[]) =>
  (['flicker', 'agreement', 'truth'] as const).map(name => percent(mean(all.map(result => result[name]))))
table.row(['nothing', '', ...rows(recorded.map(each => measure(each, each.masks, classes)))])
for (const motion of [false, true])
  for (const of of ['probabilities', 'logits'] as const)
    for (const share of SHARES) {
      const way: Way = { of, share, motion }
      const results = recorded.map(each => {
        const maps = smoothed(each.scores, way, each.motions)
        return measure(
          each,
          maps.map(map => classesOf(map, { ...size, alignCorners })),
          classes,
        )
      })
      table.row([motion ? `${of}, moved` : of, String(share), ...rows(results)])
    }
printChanges(
  'change of grey, of 255',
  recorded.map(({ clip }) => clip.frames.map(cellGreys)),
  cellChange,
)
printChanges(
  'share of pixels with another class',
  recorded.map(({ masks }) => masks),
  (before, now) => now.filter((id, i) => id !== before[i]).length / now.length,
)
