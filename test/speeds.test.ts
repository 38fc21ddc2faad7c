// The speeds that pages for people say: each is in one table, and README's are those of that table.

import { readFileSync } from 'node:fs'
import { expect } from 'chai'

const page = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8')

/** The cells of the first row of a table that begins so, without emphasis. */
function rowOf(text: string, ...begins: string[]): string[] {
  const rows = text
    .split('\n')
    .filter(line => line.startsWith('|'))
    .map(line =>
      line
        .split('|')
        .slice(1, -1)
        .map(cell => cell.trim().replaceAll('**', '')),
    )
  const row = rows.find(cells => begins.every((begin, i) => cells[i].startsWith(begin)))
  expect(row, begins.join(' | ')).to.be.an('array')
  return row!
}

describe('speeds in README', () => {
  const [readme, speed, browser] = [page('README.md'), page('docs/speed.md'), page('docs/browser.md')]

  it('of pages are those of docs/browser.md', () => {
    const engines = ['Atrous', 'onnxruntime-web 1.30, WebGPU', 'transformers.js 4.3, WebGPU'].map(engine =>
      rowOf(browser, engine),
    )
    const columns = { "a page's first mask": 2, 'each mask after it': 3 }
    for (const [title, column] of Object.entries(columns))
      expect(rowOf(readme, title).slice(1, 4)).to.deep.equal(engines.map(cells => cells[column]))
  })

  it('of Node are those of docs/speed.md', () => {
    const rows = { 'in Node: ResNet-50 at 513², output stride 8': '8', 'the same at output stride 16': '16' }
    for (const [title, stride] of Object.entries(rows))
      expect(rowOf(readme, title).slice(1, 3)).to.deep.equal(rowOf(speed, 'ResNet-50', stride).slice(3, 5))
    const [, ours, onnxruntime, , tensorflow] = rowOf(readme, 'the 3×3 convolutions of ASPP')
    expect(ours).to.equal('1')
    expect(rowOf(speed, 'one 3×3 of ASPP').at(-1)).to.equal(
      `${onnxruntime} ×; TensorFlow.js 4.22: ${tensorflow} ×`,
    )
    const [cpu] = /much faster: ([\d.]+),/.exec(speed)!.slice(1)
    expect(readme).to.include(`${Number(cpu).toFixed(1)} s where this table says`)
  })
})
