import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { type Model, readModel } from '../../src/library/model_files.ts'
import { findWeights } from '../../src/node/weights.ts'
import { writeModel } from '../../src/node/write_model.ts'
import { smallMobileNet, smallResNet } from '../fuzz/small_models.ts'
import { rejection } from './support.ts'

describe('a model in a folder', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'atrous-model-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  /** The message for a model whose file `name` was changed. */
  async function refusal(model: Model, name: string, change: object): Promise<string> {
    const file = join(folder, name)
    await writeModel(folder, model)
    const json = JSON.parse(await readFile(file, 'utf8').catch(() => '{}'))
    await writeFile(file, JSON.stringify({ ...json, ...change }))
    const error = await rejection(findWeights(folder).then(readModel))
    expect(error).to.be.instanceOf(UserError)
    expect(error.message).to.match(/^[^\p{C}]{1,400}$/u)
    expect(error.message.startsWith(`${file}: `), error.message).to.equal(true)
    return error.message.slice(file.length + 2)
  }

  const network = smallResNet().config
  const preprocessing = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], edge: 'longest', size: 513 }
  const long = 'x'.repeat(10_000)
  const ours: [what: string, change: object, message: string][] = [
    ['no network', { network: null }, 'network: expected an object; got null'],
    [
      'a billion units',
      { network: { ...network, units: [1e9, 1, 1, 1] } },
      'network.units: expected four whole numbers from 1 to 100; got [1000000000,1,1,1]',
    ],
    [
      'a network wider than memory',
      { network: { ...network, width: 1e6 } },
      'network.width: expected a number above 0, at most 4; got 1000000',
    ],
    ['too few names', { classes: ['a', 'b'] }, 'classes: expected 3 names; got 2'],
    ['one class', { classes: ['a'] }, 'classes: expected 2 to 255 names; got 1'],
    [
      '256 classes',
      { classes: Array.from({ length: 256 }, (_, i) => `c${i}`) },
      'classes: expected 2 to 255 names; got 256',
    ],
    ['a name twice', { classes: ['a', 'b', 'a'] }, 'classes: classes 0 and 2 have the same name, "a"'],
    [
      'names that differ only in case and white space',
      { classes: ['a', 'b', ' A'] },
      'classes: classes 0 and 2 have the same name, "a"',
    ],
    ['a name that is a number', { classes: ['a', 'b', 3] }, 'classes.2: expected text; got 3'],
    [
      'a name of white space',
      { classes: ['a', ' ', 'c'] },
      'classes.1: expected the name of a class; got only white space',
    ],
    [
      'a name with control characters',
      { classes: ['a', '\u001b[31mb', 'c'] },
      'classes.1: expected a name without control characters',
    ],
    [
      'a name of 10 000 characters',
      { classes: ['a', long, 'c'] },
      'classes.1: expected a name of at most 200 characters; got 10000',
    ],
    ['no preprocessing', { preprocessing: undefined }, 'preprocessing: missing'],
    [
      'a size of a billion',
      { preprocessing: { ...preprocessing, size: 1e9 } },
      'preprocessing.size: expected a whole number from 1 to 16384; got 1000000000',
    ],
    [
      'a std of 0',
      { preprocessing: { ...preprocessing, std: [0, 0, 0] } },
      'preprocessing.std: expected three numbers from 0.001 to 10; got [0,0,0]',
    ],
    [
      'two means',
      { preprocessing: { ...preprocessing, mean: [0, 0] } },
      'preprocessing.mean: expected three numbers from -10 to 10; got [0,0]',
    ],
    [
      'an unknown edge',
      { preprocessing: { ...preprocessing, edge: 'left' } },
      'preprocessing.edge: expected longest, shortest; got "left"',
    ],
  ]
  for (const [what, change, message] of ours)
    it(`config.json in this package's form with ${what} is refused`, async () =>
      expect(await refusal(smallResNet(), 'config.json', change)).to.equal(message))

  const theirs: [what: string, file: string, change: object, message: string][] = [
    [
      'a depth multiplier of a billion',
      'config.json',
      { depth_multiplier: 1e9 },
      'depth_multiplier: expected a number above 0, at most 4; got 1000000000',
    ],
    [
      'names that are not text',
      'config.json',
      { id2label: { 0: 'a', 1: 2, 2: 'c' } },
      'id2label: expected the names of the classes by their ids; got {"0":"a","1":2,"2":"c"}',
    ],
    [
      'a name twice',
      'config.json',
      { id2label: { 0: 'a', 1: 'a', 2: 'c' } },
      'id2label: classes 0 and 1 have the same name, "a"',
    ],
    ['a hole in the ids', 'config.json', { id2label: { 0: 'a', 2: 'c' } }, 'id2label: there is no class 1'],
    [
      'a size of a billion',
      'config.json',
      { preprocessing: { ...preprocessing, size: 1e9 } },
      'preprocessing.size: expected a whole number from 1 to 16384; got 1000000000',
    ],
    [
      'a std of 0',
      'preprocessor_config.json',
      { image_std: [0, 0, 0] },
      'image_std: expected three numbers from 0.001 to 10; got [0,0,0]',
    ],
  ]
  for (const [what, file, change, message] of theirs)
    it(`Hugging Face's ${file} with ${what} is refused`, async () => {
      const model = smallMobileNet()
      expect(await refusal(model, file, change)).to.equal(message)
    })

  it('a checkpoint of over 2 GiB, a pipe, and an unreadable config are refused in one line', async () => {
    const model = smallResNet()
    await writeModel(folder, model)
    const [weights, config] = [join(folder, 'model.safetensors'), join(folder, 'config.json')]
    const refused = async () => (await rejection(findWeights(folder))).message
    await rm(config)
    await mkdir(config)
    expect(await refused()).to.equal(`${config}: is a folder, not a file`)
    await truncate(weights, 2 ** 31)
    expect(await refused()).to.equal(
      `${weights}: the file has 2147483648 bytes, over the limit of 2147483647`,
    )
    if (process.platform === 'win32') return
    await rm(weights)
    execFileSync('mkfifo', [weights])
    expect(await refused()).to.equal(`${weights}: is a pipe, not a file`)
  })

  it('weights that are not numbers are refused with the name of their tensor', async () => {
    const model = smallResNet()
    model.parameters.get('classifier.4.bias')![1] = Number.NaN
    await writeModel(folder, model)
    const error = await rejection(findWeights(folder).then(readModel))
    expect(error).to.be.instanceOf(UserError)
    expect(error.message).to.equal(
      `${join(folder, 'model.safetensors')}: tensor "classifier.4.bias" has 1 of 3 values that are not finite numbers`,
    )
  })

  it('replaces a saved model, but no config.json of another program unless it may', async () => {
    const [weights, config] = [join(folder, 'model.safetensors'), join(folder, 'config.json')]
    for (const model of [smallResNet(), smallMobileNet(), smallResNet()]) await writeModel(folder, model)
    const saved = await readFile(weights)
    const llama = '{"architectures":["LlamaForCausalLM"],"model_type":"llama"}'
    for (const text of ['{"name":"my app","port":3000}', llama, '[]', 'null', '# notes', '']) {
      await writeFile(config, text)
      const error = await rejection(writeModel(folder, smallMobileNet()))
      expect(error).to.be.instanceOf(UserError)
      expect(error.message).to.equal(
        `${config} exists and is of no saved model: { overwrite: true } replaces it, or choose another folder`,
      )
      expect(await readFile(config, 'utf8')).to.equal(text)
      expect(await readFile(weights)).to.deep.equal(saved)
    }
    await writeModel(folder, smallMobileNet(), { overwrite: true })
    expect((await readModel(await findWeights(folder))).config.backbone).to.equal('mobilenet_v2')
    if (process.platform === 'win32') return
    await rm(config)
    execFileSync('mkfifo', [config])
    expect((await rejection(writeModel(folder, smallMobileNet()))).message).to.equal(
      `${config}: is a pipe, not a file`,
    )
  })
})
