import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { configJson, jsonText, readModel } from '../../../src/library/model_files.ts'
import { networkParameters } from '../../../src/model/initial_weights.ts'
import { recogniseCheckpoint } from '../../../src/model/recognition/index.ts'
import { findWeights } from '../../../src/node/weights.ts'
import { readCheckpoint } from '../../../src/weights/checkpoint.ts'
import { writeSafetensors } from '../../../src/weights/safetensors.ts'
import type { HostTensor } from '../../../src/weights/tensor.ts'
import { damageBytes, damageJson, pick } from '../../support/mutants.ts'
import { pthFile } from '../pth_file.ts'
import { smallResNet } from '../small_models.ts'
import type { FuzzTarget } from '../target.ts'

const GOLDEN = new URL('../../weights/golden/', import.meta.url)

type Damage = (random: () => number) => Uint8Array

/** A target that reads a small ResNet from a folder. `prepare` defines the damage to its checkpoint. */
const checkpoint = (name: string, file: string, damage: () => Damage): FuzzTarget => ({
  name,
  async prepare(folder) {
    const damaged = damage()
    const { config, classNames, preprocessing } = smallResNet()
    await writeFile(join(folder, 'config.json'), jsonText(configJson({ config, classNames, preprocessing })))
    return async random => {
      await writeFile(join(folder, file), damaged(random))
      return await readModel(await findWeights(folder))
    }
  },
})

export const weights: FuzzTarget[] = [
  checkpoint('safetensors', 'model.safetensors', () => {
    const bytes = writeSafetensors(smallStateDict())
    const data = 8 + headerLength(bytes)
    const header = JSON.parse(Buffer.from(bytes.subarray(8, data)).toString())
    return random => {
      if (random() < 0.3) return damageBytes(bytes, random)
      if (random() < 0.5) return withHeader(damageJson(header, random), bytes.subarray(data))
      return damageWithin(bytes, { begin: 0, end: data }, random)
    }
  }),
  checkpoint('pth', 'pytorch_model.bin', () => {
    const { bytes, begin, end } = pthFile(smallStateDict())
    return random => {
      if (random() < 0.3) return damageBytes(bytes, random)
      return damageWithin(bytes, { begin, end }, random)
    }
  }),
]

/** Files that PyTorch wrote, with more kinds of values than a model has, read as by `atrous weights inspect`. */
export const pytorchFiles: FuzzTarget = {
  name: 'pth-of-pytorch',
  async prepare() {
    const names = [
      'zip',
      'zip_protocol_4',
      'legacy',
      'torchvision',
      'plain_values_2',
      'plain_values_4',
      'integers',
    ]
    const files = await Promise.all(names.map(name => readFile(new URL(`${name}.pth`, GOLDEN))))
    return async random => {
      const stateDict = readCheckpoint(damageBytes(pick(files, random), random), 'checkpoint.pth')
      return recogniseCheckpoint(stateDict)
    }
  },
}

function smallStateDict(): Map<string, HostTensor & { data: Float32Array }> {
  const { config, parameters } = smallResNet()
  return new Map(
    networkParameters(config).map(({ name, shape }) => [
      name,
      { dtype: 'f32', shape, data: parameters.get(name)! },
    ]),
  )
}

export const headerLength = (bytes: Uint8Array) => Number(new DataView(bytes.buffer).getBigUint64(0, true))

/** A safetensors file with this header. */
export function withHeader(header: unknown, data: Uint8Array): Uint8Array {
  const text = Buffer.from(JSON.stringify(header))
  const length = new Uint8Array(BigUint64Array.of(BigInt(text.length)).buffer)
  return Buffer.concat([length, text, data])
}

/** Damages only part of the bytes: most of a checkpoint is weights, where damage has little effect. */
function damageWithin(
  bytes: Uint8Array,
  { begin, end }: { begin: number; end: number },
  random: () => number,
): Uint8Array {
  const damaged = damageBytes(bytes.subarray(begin, end), random)
  return Buffer.concat([bytes.subarray(0, begin), damaged, bytes.subarray(begin + damaged.length)])
}
