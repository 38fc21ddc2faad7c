import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isTrainingStep, isValidation, parseMetrics } from '../../../src/cli/train/train_metrics.ts'
import { UserError } from '../../../src/errors.ts'
import { FileTuningStore } from '../../../src/node/tuning.ts'
import { damageJson, damageJsonFile } from '../../support/mutants.ts'
import type { FuzzTarget } from '../target.ts'

/** The tuning results. A warning about the file counts as its refusal. */
export const tuning: FuzzTarget = {
  name: 'tuning.json',
  async prepare(folder) {
    const file = join(folder, 'tuning.json')
    const key = '{"vendor":"mesa","architecture":"","device":"llvmpipe"}'
    const whole = { [key]: { '1×33×33×256 → 256, 1×1': 'conv2d' }, other: {} }
    return async random => {
      await writeFile(file, damageJsonFile(whole, random))
      const warnings: string[] = []
      const store = new FileTuningStore(file, warning => warnings.push(warning))
      await store.write(key, new Map([...(await store.read(key)), ['1×1×1×4 → 4, 1×1', 'conv2d']]))
      if (warnings.length > 0) throw new UserError(warnings[0])
    }
  },
}

/** The metrics of a training run, from which its chart is drawn. */
export const metrics: FuzzTarget = {
  name: 'metrics.jsonl',
  async prepare() {
    // This loads the plotting library, which takes longer than everything else.
    const { drawCurves } = await import('../../../src/cli/train/train_curves.ts')
    const whole = [
      ...[1, 2, 3].map(step => ({ step, loss: 1 / step, learningRate: 0.01, imagesPerSecond: 3 })),
      { step: 3, mIoU: 0.5, pixelAccuracy: null },
    ]
    return async random => {
      const damaged = damageJson(whole, random)
      const lines = Array.isArray(damaged) ? damaged : [damaged]
      const found = parseMetrics(lines.map(line => `${JSON.stringify(line)}\n`).join(''))
      const steps = found.filter(isTrainingStep)
      // Drawing takes a hundred times as long as reading.
      if (steps.length === 0 || random() > 0.1) return found
      return drawCurves({ title: 'run', subtitle: '', steps, validations: found.filter(isValidation) })
    }
  },
}
