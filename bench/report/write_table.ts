// `npm run report:table`: makes the table of docs/speed.md anew from the reports in bench/results.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Report } from '../../src/bench/report.ts'
import { ROOT } from './machine.ts'
import { reportTable } from './table.ts'

const FOLDER = join(ROOT, 'bench/results')
const PAGE = join(ROOT, 'docs/speed.md')
const BLOCK = /(<!-- reports: npm run report:table -->\n\n)[\s\S]*?(\n\n<!-- end of reports -->)/

/** The page's text with the table of the reports that are there. */
export function withTable(page: string): string {
  const files = readdirSync(FOLDER)
    .filter(file => file.endsWith('.json'))
    .sort()
  const reports = files.map((file): Report => JSON.parse(readFileSync(join(FOLDER, file), 'utf8')))
  if (!BLOCK.test(page)) throw new Error('docs/speed.md has no place for the table of reports')
  return page.replace(BLOCK, (_, before: string, after: string) => before + reportTable(reports) + after)
}

if (process.argv[1] === import.meta.filename) writeFileSync(PAGE, withTable(readFileSync(PAGE, 'utf8')))
