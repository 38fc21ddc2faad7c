// Times a lesson with three strokes on docs/scene.png, as somebody in front of a page would wait for it:
// `npx tsx bench/teach.ts [classifier|head|network …] [--steps 40] [--learning-rate X] [--rehearsal X] [--only-class]`. It teaches
// the shipped network the class boat, and prints how well each few steps know it. `--only-class` leaves out the strokes on sky and sea.
// `--forgetting` prints instead what three photos with strokes teach and what is forgotten meanwhile, in 60 steps: on scenes of the ray tracer,
// and with `--camvid MODEL`, a network that was trained on CamVid, on ../shared/data/camvid.

import { parseArgs } from 'node:util'
import { IGNORE_INDEX } from '../src/data/dataset.ts'
import type { Gpu } from '../src/gpu/gpu.ts'
import { readModel } from '../src/library/model_files.ts'
import { withAddedClass } from '../src/model/classifier.ts'
import type { NetworkPart } from '../src/model/parts.ts'
import { openGpu } from '../src/node/gpu/dawn.ts'
import { findWeights } from '../src/node/weights.ts'
import { Lesson } from '../src/teach/lesson.ts'
import type { LessonModel } from '../src/teach/lesson_options.ts'
import { boatScore, readBoat, threeStrokes } from '../test/teach/boat.ts'
import { type Forgetting, forgetting } from './forgetting.ts'
import { forgettingTasks } from './forgetting_tasks.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    steps: { type: 'string' },
    'learning-rate': { type: 'string' },
    rehearsal: { type: 'string' },
    'only-class': { type: 'boolean', default: false },
    forgetting: { type: 'boolean', default: false },
    camvid: { type: 'string' },
  },
})
const parts = (positionals.length > 0 ? positionals : ['classifier', 'head', 'network']) as NetworkPart[]
/** A mask with this IoU is clearly the boat, with a few holes and a margin. */
const USABLE = 0.7
const percent = (share: number) => (100 * share).toFixed(1)
const numberOf = (text: string | undefined) => (text === undefined ? undefined : Number(text))

const gpu = await openGpu()
console.log(gpu.info.description || gpu.info.device)
if (values.forgetting) await benchForgetting()
else {
  const shipped = withAddedClass(await readModel(await findWeights('scenes')), 'boat')
  for (const part of parts) await bench(gpu, shipped, part)
}
gpu.destroy()

async function benchForgetting(): Promise<void> {
  const { steps = '60', rehearsal, 'learning-rate': learningRate } = values
  const training = {
    steps: Number(steps),
    rehearsal: numberOf(rehearsal),
    learningRate: numberOf(learningRate),
  }
  console.log(
    '| network, part | IoU of the new class | mean IoU of the others before → after | each: new, others |',
  )
  for (const [name, tasks] of await forgettingTasks(values.camvid))
    for (const part of parts) {
      const found: Forgetting[] = []
      for (const task of tasks) found.push(await forgetting(gpu, task, { part, ...training }))
      const each = tasks.map(
        ({ className }, i) => `${className} ${percent(found[i].taught)}, ${percent(found[i].after)}`,
      )
      const mean = (of: (each: Forgetting) => number) =>
        percent(found.reduce((sum, each) => sum + of(each), 0) / found.length)
      console.log(
        `| ${name}, ${part} | ${mean(each => each.taught)} | ${mean(each => each.before)} → ${mean(each => each.after)} | ${each.join('; ')} |`,
      )
    }
}

async function bench(gpu: Gpu, model: LessonModel, part: NetworkPart): Promise<void> {
  const start = performance.now()
  const seconds = () => ((performance.now() - start) / 1000).toFixed(2)
  const id = model.classNames.indexOf('boat')
  const labels = threeStrokes(id, values['only-class'] ? IGNORE_INDEX : 0)
  const lesson = await Lesson.create(gpu, model, { part, rehearsal: numberOf(values.rehearsal) })
  await lesson.setPhoto('boat', await readBoat())
  await lesson.setLabels('boat', labels)
  console.log(`${part}: features after ${seconds()} s`)
  const before = await maskOf(gpu, lesson)
  console.log(`  first mask after ${seconds()} s`)
  const times: number[] = []
  let usable: string | undefined
  let last = performance.now()
  const training = { steps: Number(values.steps ?? 40), learningRate: numberOf(values['learning-rate']) }
  for await (const { step, loss } of lesson.train(training)) {
    times.push(performance.now() - last)
    if (step === 1) console.log(`  first step after ${seconds()} s`)
    if (step % 5 === 0) {
      const { iou, spoilt } = boatScore(await maskOf(gpu, lesson), { before, labels, boat: id })
      console.log(
        `  step ${step}: loss ${loss.toFixed(3)}, IoU ${iou.toFixed(3)}, ${(100 * spoilt).toFixed(1)} % of the rest spoilt, ${seconds()} s`,
      )
      if (iou >= USABLE) usable ??= `${seconds()} s, ${step} steps`
    }
    last = performance.now()
  }
  const median = times.slice(1).sort((a, b) => a - b)[Math.floor(times.length / 2)]
  const shown = performance.now()
  await maskOf(gpu, lesson)
  console.log(
    `  a step takes ${median.toFixed(0)} ms, a mask ${(performance.now() - shown).toFixed(0)} ms; usable after ${usable ?? '–'}; ` +
      `at most ${(gpu.memory.peakBytes / 2 ** 20).toFixed(0)} MiB`,
  )
  await lesson.dispose()
}

async function maskOf(gpu: Gpu, lesson: Lesson): Promise<Uint8Array> {
  const { mask, width, height } = await lesson.preview('boat')
  const bytes = await gpu.download(mask, width * height)
  gpu.release(mask)
  return bytes
}
