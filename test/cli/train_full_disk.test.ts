// Tests the files that `atrous train` leaves on a full disk, and that it resumes from them.

import { execFileSync, spawnSync } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { TrainingFolder } from '../../src/cli/train/train_folder.ts'
import { Trainer } from '../../src/node/training/trainer.ts'
import { writeHalves } from '../node/halves_dataset.ts'
import { useEmptyCache, useTemporaryFolder } from '../node/support.ts'
import { skip } from '../support/skip.ts'
import { atrous, type Ended, saveTinyModel, spawnAtrous } from './support.ts'

/** The size in bytes of the two large files in a checkpoint of the tiny network. */
const LARGE_FILE = 380_000

/** Runs a command in a separate file system of this many KiB, in the folder $1, and copies that to $2 at the end. */
const ON_A_SMALL_DISK = (kibibytes: number) =>
  `mkdir "$1" && mount -t tmpfs -o size=${kibibytes}k none "$1" || exit 99
   disk=$1 copy=$2; shift 2; "$@"; code=$?; cp -r "$disk" "$copy"; exit $code`

describe('atrous train on a full disk (slow)', () => {
  const path = useTemporaryFolder()
  useEmptyCache(path)
  beforeEach(async () => {
    await saveTinyModel(path('model'))
    await writeHalves(path('voc'))
  })

  /** Six small steps, a checkpoint after every second one, into a folder of this name. */
  const command = (out: string, ...more: string[]) => [
    ...['train', '--dataset', `voc:${path('voc')}`, '--model', path('model'), '--out', path(out)],
    ...['--steps', '6', '--batch-size', '2', '--crop-size', '33', '--learning-rate', '0.05'],
    ...['--save-every', '2', '--freeze-batch-norm', ...more],
  ]

  /** The losses in metrics.jsonl, after a check that every line is complete. */
  async function losses(out: string): Promise<number[]> {
    const text = await readFile(path(`${out}/metrics.jsonl`), 'utf8')
    expect(text).to.match(/}\n$/)
    return text
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line).loss)
  }

  function expectRefusal({ code, stdout, stderr }: Ended, complaint: RegExp) {
    expect(stderr).to.match(complaint)
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
  }

  /**
   * Resumes the run in `out`, checks that its last complete checkpoint is that of `step`, and compares the result with that of an
   * uninterrupted run.
   */
  async function expectWhole(out: string, step: number) {
    expect(await readdir(path(out)), 'no half-written files').to.have.members([
      'checkpoints',
      'curves.svg',
      'metrics.jsonl',
      'run.json',
    ])
    expect(await readdir(path(`${out}/checkpoints`))).to.deep.equal([`step-${step}`])
    const before = await losses(out)
    const { code, stderr } = await atrous(...command(out, '--resume'))
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    await atrous(...command('straight'))
    const straight = await losses('straight')
    expect(before).to.deep.equal(straight.slice(0, before.length))
    expect(await losses(out)).to.deep.equal(straight)
    const [model, expected] = [out, 'straight'].map(name => readFile(path(`${name}/model.safetensors`)))
    expect((await model).equals(await expected)).to.equal(true)
  }

  /** Makes the system refuse to write files of this process beyond so many bytes while `write` runs. */
  async function limited<T>(bytes: number | 'unlimited', write: () => Promise<T>): Promise<T> {
    const limit = (soft: number | 'unlimited') =>
      execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${soft}:`])
    limit(bytes)
    try {
      return await write()
    } finally {
      limit('unlimited')
    }
  }

  it('if a checkpoint is cut off, the one before is complete (Linux only)', async function () {
    if (process.platform !== 'linux') skip(this, 'only on Linux')
    const { save } = Trainer.prototype
    Trainer.prototype.save = async function (folder) {
      await this.updateModel() // the software GPU also keeps its memory in files
      const write = () => save.call(this, folder)
      await (folder.endsWith('step-4') ? limited(LARGE_FILE / 2, write) : write())
    }
    try {
      expectRefusal(
        await atrous(...command('run')),
        /^error: \S+\/run\/checkpoints\/step-4\/model\.safetensors: the file is larger than the system allows; the last good checkpoint is \S+\/step-2\n$/,
      )
    } finally {
      Trainer.prototype.save = save
    }
    await expectWhole('run', 2)
  })

  it('if metrics.jsonl is cut off, it ends with a complete line (Linux only)', async function () {
    if (process.platform !== 'linux') skip(this, 'only on Linux')
    const { record } = TrainingFolder.prototype
    TrainingFolder.prototype.record = function (metrics) {
      return limited(250, () => record.call(this, metrics))
    }
    try {
      expectRefusal(
        await atrous(...command('run')),
        /^error: \S+\/run\/metrics\.jsonl: the file is larger than the system allows\n$/,
      )
    } finally {
      TrainingFolder.prototype.record = record
    }
    expect(await losses('run')).to.have.length(2)
    await expectWhole('run', 2)
  })

  it('the last checkpoint is complete', async function () {
    const mount = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', path('voc')])
    if (mount.status !== 0) skip(this, 'no disk may be mounted here')
    const script = ON_A_SMALL_DISK(Math.round((3.2 * LARGE_FILE) / 1024))
    const through = ['unshare', '-rm', 'sh', '-c', script, 'sh', path('run'), path('copy')]
    expectRefusal(
      await spawnAtrous(command('run'), { through }),
      /^error: \S+\/run\/checkpoints\/step-4\/training\.safetensors: the disk is full; the last good checkpoint is \S+\/step-2\n$/,
    )
    await expectWhole('copy', 2)
  })
})
