import { existsSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { relative, resolve } from 'node:path'
import { expect } from 'chai'
import { newSettings, resumedSettings } from '../../src/cli/train/train_settings.ts'
import { UserError } from '../../src/errors.ts'
import { tryLock } from '../../src/node/files/lock.ts'
import { writeHalves } from '../node/halves_dataset.ts'
import { useTemporaryFolder } from '../node/support.ts'
import { atrous, saveTinyModel } from './support.ts'

describe('atrous train --resume', () => {
  const path = useTemporaryFolder()
  const resume = (...more: string[]) => atrous('train', '--out', path('run'), '--resume', ...more)
  const recorded = async () => JSON.parse(await readFile(path('run/run.json'), 'utf8'))

  it('takes dataset, split and intervals from the run, unless they are given again (slow)', async () => {
    await saveTinyModel(path('model'))
    await writeHalves(path('voc'))
    const dataset = `voc:${relative('.', path('voc'))}`
    const first = await atrous(
      ...['train', '--dataset', dataset, '--model', path('model'), '--out', path('run'), '--steps', '6'],
      ...['--batch-size', '2', '--crop-size', '33', '--freeze-batch-norm', '--stop-after', '1', '--skip-bad'],
      ...['--save-every', '3', '--validate-every', '2', '--validate-on', 'train'],
    )
    expect(first.code, first.stderr).to.equal(0)
    const settings = { dataset: `voc:${path('voc')}`, split: 'train', model: path('model'), skipBad: true }
    expect(await recorded()).to.include({ ...settings, saveEvery: 3, validateEvery: 2, validateOn: 'train' })

    const { stdout, stderr } = await resume('--stop-after', '4', '--json')
    expect(JSON.parse(stdout), stderr).to.include({ step: 4 })
    const validated = async () =>
      (await readFile(path('run/metrics.jsonl'), 'utf8'))
        .trim()
        .split('\n')
        .map(line => JSON.parse(line))
        .flatMap(({ step, mIoU }) => (mIoU === undefined ? [] : [step]))
    expect(await validated()).to.deep.equal([2, 4])
    expect(existsSync(path('run/checkpoints/step-3')), 'saved every 3 steps').to.equal(true)

    expect((await resume('--validate-every', '5')).code).to.equal(0)
    expect(await validated()).to.deep.equal([2, 4, 5])
    expect(await recorded()).to.include({ ...settings, validateEvery: 5, saveEvery: 3 })

    await writeFile(path('run/run.json'), '{"format": 1, "dataset": 7}')
    expect((await resume()).stderr).to.match(/^error: \S+\/run\/run\.json: dataset: [^\n]+\n$/)
    await rm(path('run/run.json'))
    expect((await resume()).stderr).to.match(/^error: \S+\/run does not name its dataset: give --dataset\n$/)
  })

  it('is refused if another process uses the folder, and so is a new run', async () => {
    const found = await tryLock(path('run/.lock'))
    if (!('lock' in found)) throw new Error('the lock is held')
    const expected = `error: ${path('run')}: process ${process.pid} on ${hostname()} is training here\n`
    try {
      for (const args of [['--resume'], ['--dataset', 'voc:none']]) {
        const { code, stderr } = await atrous('train', '--out', path('run'), ...args)
        expect({ code, stderr }).to.deep.equal({ code: 1, stderr: expected })
      }
    } finally {
      await found.lock.release()
    }
    expect((await resume()).stderr).to.match(/: no checkpoint to resume from\n$/)
    expect(existsSync(path('run/.lock'))).to.equal(false)
  })

  it('leaves no new folder after an error', async () => {
    const { stderr } = await atrous('train', '--out', path('a/b/run'), '--dataset', `voc:${path('none')}`)
    expect(stderr).to.match(/^error: [^\n]+\n$/)
    expect((await atrous('train', '--out', path('a/b/run'))).stderr).to.equal(
      "error: required option '-d, --dataset <dataset>' not specified\n",
    )
    expect(existsSync(path('a'))).to.equal(false)
  })

  it('refuses another split, model or network', () => {
    const run = newSettings({ dataset: 'folder:mine', model: 'src' })
    expect(run).to.deep.include({
      dataset: `folder:${resolve('mine')}`,
      model: resolve('src'),
      split: 'train',
    })
    const same = { split: 'train', model: 'src', dataset: 'folder:moved' }
    expect(resumedSettings(run, same)).to.deep.equal({ ...run, dataset: `folder:${resolve('moved')}` })
    for (const [options, complaint] of [
      [{ split: 'val' }, 'split is train in the run, not val'],
      [{ model: 'other' }, `model is ${resolve('src')} in the run, not other`],
      [{ network: 'resnet50' }, 'network is none in the run, not resnet50'],
    ] as const)
      expect(() => resumedSettings(run, options)).to.throw(
        UserError,
        `--resume: ${complaint}; it cannot change during a run`,
      )
  })
})
