// Tests how `atrous train` ends after a signal, and how it resumes.

import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { writeHalves } from '../node/halves_dataset.ts'
import { useTemporaryFolder } from '../node/support.ts'
import { atrous, saveTinyModel, startAtrous } from './support.ts'

describe('atrous train, after a signal,', () => {
  const path = useTemporaryFolder()
  beforeEach(async () => {
    await saveTinyModel(path('model'))
    await writeHalves(path('voc'))
  })

  /** Starts a run of 500 small steps without regular checkpoints. */
  const start = (...more: string[]) =>
    startAtrous([
      ...['train', '--dataset', `voc:${path('voc')}`, '--model', path('model'), '--out', path('run')],
      ...['--steps', '500', '--batch-size', '2', '--crop-size', '33', '--learning-rate', '0.05'],
      ...['--freeze-batch-norm', ...more],
    ])

  async function metrics(): Promise<{ step: number; mIoU?: number }[]> {
    const text = await readFile(path('run/metrics.jsonl'), 'utf8').catch(() => '')
    return text
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line))
  }

  async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await condition())) await sleep(5)
  }
  const firstStep = () => until(async () => (await metrics()).length > 0)

  /** Checks the run's folder after a signal: one checkpoint, no finished model, and no lock. Returns the checkpoint's step. */
  async function checkpointAlone(): Promise<number> {
    const names = ['checkpoints', 'curves.svg', 'metrics.jsonl', 'run.json']
    expect((await readdir(path('run'))).sort()).to.deep.equal(names)
    const steps = (await metrics()).map(({ step }) => step)
    expect(await readdir(path('run/checkpoints'))).to.deep.equal([`step-${steps.at(-1)}`])
    return steps.at(-1)!
  }

  it('SIGINT: ends with a checkpoint and the command to resume, which works', async () => {
    const { child, ended } = start()
    await firstStep()
    child.kill('SIGINT')
    const { code, stdout, stderr } = await ended
    expect({ code, stdout }, stderr).to.deep.equal({ code: 130, stdout: '' })
    const step = await checkpointAlone()
    expect(stderr).to.include(
      `interrupted by SIGINT, after step ${step} of 500: ${path(`run/checkpoints/step-${step}`)}\n`,
    )
    const [, command] = /^resume with: atrous (.*)$/m.exec(stderr)!
    expect(command).to.equal(`train --out ${path('run')} --resume`)
    const resumed = await atrous(...command.split(' '), '--stop-after', String(step + 1))
    expect(resumed.stdout, resumed.stderr).to.match(new RegExp(`^step ${step + 1} of 500, loss `))
    expect((await metrics()).map(each => each.step)).to.deep.equal(
      Array.from({ length: step + 1 }, (_, i) => i + 1),
    )
  })

  it('SIGHUP, during a validation and with a closed terminal: keeps the step, and validates on resume (slow)', async () => {
    const { child, ended } = start('--validate-every', '1')
    await firstStep()
    child.stdout.destroy()
    child.stderr.destroy()
    child.kill('SIGHUP')
    expect((await ended).code).to.equal(129)
    const step = (await metrics()).at(-1)!.step
    const { code, stderr } = await atrous(
      ...['train', '--out', path('run'), '--resume', '--stop-after', String(step + 1)],
    )
    expect(code, stderr).to.equal(0)
    const validated = (await metrics()).filter(each => 'mIoU' in each)
    expect(validated.map(each => each.step)).to.deep.equal(Array.from({ length: step + 1 }, (_, i) => i + 1))
  })

  it('before the first step: ends at once and leaves no files', async () => {
    const { child, ended } = start()
    await until(() => existsSync(path('run/.lock')))
    child.kill('SIGTERM')
    const { code, stderr } = await ended
    expect(code, stderr).to.equal(143)
    expect(stderr).to.include('interrupted by SIGTERM before the first step: nothing is saved\n')
    expect(existsSync(path('run'))).to.equal(false)
  })

  it('while the first step compiles: ends at once', async () => {
    const { child, ended } = start('--json')
    await until(() => existsSync(path('run/metrics.jsonl')))
    child.kill('SIGINT')
    const { code, stdout, stderr } = await ended
    expect(code, stderr).to.equal(130)
    expect(JSON.parse(stdout)).to.deep.include({ step: 0, steps: 500, interrupted: 'SIGINT' })
    expect(await metrics()).to.deep.equal([])
    expect((await readdir(path('run'))).sort()).to.deep.equal(['metrics.jsonl', 'run.json'])
  })
})
