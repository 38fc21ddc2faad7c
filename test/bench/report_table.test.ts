// The table of GPUs in docs/speed.md.

import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { reportTable, runtimeName } from '../../bench/report/table.ts'
import { withTable } from '../../bench/report/write_table.ts'
import { type Report, reportFileName } from '../../src/bench/report.ts'

const adapter = {
  ...{ vendor: 'acme', architecture: 'roadrunner', device: '', description: 'Rocket 9 (driver 1.2)' },
  ...{ software: false, features: [], subgroupSize: 32, subgroupSizes: [32], limits: {} },
  reportedSubgroups: undefined,
}

const report: Report = {
  ...{ atrous: '0.1.0', commit: '0123456789abcdef', changed: true, date: '2026-11-23T10:20:30.000Z' },
  ...{ small: false, adapter, runtime: { node: 'v22.1.0', dawn: '0.4.1' }, finished: true },
  steps: {
    doctor: {
      seconds: 1,
      result: {
        kernels: [
          { kernel: 'add', result: 'ok' },
          { kernel: 'resize', result: 'WRONG' },
          { kernel: 'conv2d_subgroup', result: 'not run' },
        ] as never,
      },
    },
    networks: {
      seconds: 1,
      result: [
        {
          model: 'deeplabv3_mobilenet_v2',
          results: [
            { size: 513, outputStride: 16, milliseconds: { first: 9, warm: { median: 12.345 } } } as never,
          ],
        },
        {
          model: 'deeplabv3_resnet50',
          results: [
            { size: 513, outputStride: 8, milliseconds: { first: 9, warm: { median: 1234.5 } } } as never,
          ],
        },
      ],
    },
  },
}

describe('the table of reports', () => {
  it('is in docs/speed.md as the files in bench/results make it', () => {
    const page = readFileSync(new URL('../../docs/speed.md', import.meta.url), 'utf8')
    expect(withTable(page), 'npm run report:table').to.equal(page)
  })

  it('has the adapter, what runs it, wrong kernels, times and the commit', () => {
    expect(reportTable([report]).split('\n')[2]).to.equal(
      '| acme, roadrunner, Rocket 9 (driver 1.2) | Node 22.1.0, Dawn 0.4.1 | **1 of 2 wrong**: resize | – | 12.3 ms | – | 1.23 s | 2026-11-23, 0123456 with changes |',
    )
  })

  it('has reports whose steps failed', () => {
    const failed = {
      ...report,
      steps: { doctor: { seconds: 1, error: 'lost' }, networks: { seconds: 1, error: 'lost' } },
    }
    expect(reportTable([failed]).split('\n')[2]).to.contain('| not checked | – | – | – | – |')
  })

  it('names browsers', () => {
    const chrome =
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36'
    const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0'
    const safari =
      'Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15'
    expect(runtimeName({ browser: chrome })).to.equal('Chrome 156')
    expect(runtimeName({ browser: `${chrome} Edg/156.0.1` })).to.equal('Edge 156.0.1')
    expect(runtimeName({ browser: firefox })).to.equal('Firefox 153.0')
    expect(runtimeName({ browser: safari })).to.equal('Safari 26.0')
  })

  it('has files named after the adapter, what runs it, and the date', () => {
    expect(reportFileName(report)).to.equal('acme-rocket-9-node-2026-11-23.json')
    expect(reportFileName({ ...report, runtime: { browser: '' } })).to.equal(
      'acme-rocket-9-browser-2026-11-23.json',
    )
  })
})
