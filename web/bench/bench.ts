// The bench page: what `npm run report` finds in Node, as far as a page can find it.

import { type Report, reportFileName } from '../../src/bench/report.ts'
import { button, byId, input, make } from '../src/dom.ts'
import { doing, showProgress } from '../src/messages.ts'
import { download } from '../src/save.ts'
import { runBench } from './bench_steps.ts'

const rows = byId('rows', HTMLElement)
const [run, stop] = [button('run'), button('stop')]

let report: Report | undefined

run.addEventListener('click', () => doing(start))
button('copy').addEventListener('click', () => doing(() => navigator.clipboard.writeText(json())))
button('save').addEventListener('click', () =>
  download(reportFileName(report!), new Blob([json()], { type: 'application/json' })),
)

const json = () => JSON.stringify(report, undefined, 1)

async function start(): Promise<void> {
  const ends = new AbortController()
  run.disabled = true
  stop.hidden = false
  stop.onclick = () => ends.abort()
  rows.replaceChildren()
  byId('results', HTMLElement).hidden = false
  try {
    report = await runBench({
      small: input('small').checked,
      signal: ends.signal,
      onProgress: showProgress,
      onRow: (step, result) =>
        rows.append(
          make(
            'tr',
            {},
            make('th', { scope: 'row', textContent: step }),
            make('td', { textContent: result }),
          ),
        ),
    })
    byId('take', HTMLElement).hidden = false
  } finally {
    showProgress('')
    run.disabled = false
    stop.hidden = true
  }
}
