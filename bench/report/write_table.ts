// `npm run report:table`: makes README's table anew from the reports in bench/results.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Report } from '../../src/bench/report.ts'
import { ROOT } from './machine.ts'
import { reportTable } from './table.ts'

const FOLDER = join(ROOT, 'bench/results')
const README = join(ROOT, 'README.md')
const BLOCK = /(<!-- reports: npm run report:table -->\n\n)[\s\S]*?(\n\n<!-- end of reports -->)/

/** README's text with the table of the reports that are there. */
export function withTable(readme: string): string {
  const files = readdirSync(FOLDER)
    .filter(file => file.endsWith('.json'))
    .sort()
  const reports = files.map((file): Report => JSON.parse(readFileSync(join(FOLDER, file), 'utf8')))
  if (!BLOCK.test(readme)) throw new Error('README.md has no place for the table of reports')
  return readme.replace(BLOCK, (_, before: string, after: string) => before + reportTable(reports) + after)
}

if (process.argv[1] === import.meta.filename) writeFileSync(README, withTable(readFileSync(README, 'utf8')))
