// The bench page: its report, and that it can be stopped.

import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { reportTable } from '../../bench/report/table.ts'
import { type Report, reportNetworks } from '../../src/bench/report.ts'
import { until } from './browser.ts'
import { usePage } from './use_page.ts'

describe('the bench page', () => {
  const { open } = usePage()

  it('stops when the user says so, and can start again', async () => {
    const page = await open({}, 'bench/')
    await page.click('#run')
    await until(page, () => document.getElementById('progress')!.textContent!.startsWith('Checking'))
    await page.click('#stop')
    await page.locator('#run:enabled').waitFor()
    expect(await page.locator('#problem').isVisible()).to.equal(false)
    expect(await page.locator('#take').isVisible()).to.equal(false)
  })

  it('finds every kernel right, times networks, and gives a report for the table of GPUs (slow)', async () => {
    const page = await open({}, 'bench/')
    await page.check('#small')
    await page.click('#run')
    await until(page, () => !document.getElementById('take')!.hidden, 110_000)
    const download = page.waitForEvent('download')
    await page.click('#save')
    const file = await download
    const report: Report = JSON.parse(await readFile(await file.path(), 'utf8'))
    expect(file.suggestedFilename()).to.match(/^google-swiftshader-browser-\d{4}-\d\d-\d\d\.json$/)
    expect(report).to.include({ small: true, finished: true })
    const { doctor, tune, networks } = report.steps
    if (!('result' in doctor! && 'result' in tune! && 'result' in networks!)) throw new Error('a step failed')
    expect(doctor.result.kernels.filter(({ result }) => result === 'WRONG')).to.deep.equal([])
    for (const [i, { model }] of reportNetworks(true).entries()) {
      expect(tune.result[i]).to.include({ model })
      expect(tune.result[i].measured).to.not.deep.equal([])
      expect(networks.result[i].model).to.equal(model)
      expect(networks.result[i].results[0].milliseconds.warm.median).to.be.above(1)
    }
    expect(reportTable([report])).to.match(/swiftshader \(software\) \| Chrome \d+ \| \d+ right \| \d/)
  })
})
