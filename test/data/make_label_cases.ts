// Writes label_formats.json: `node --import tsx test/data/make_label_cases.ts`, then check_label_formats.py.

import { writeFileSync } from 'node:fs'
import { labelCases } from './hard_masks.ts'

const lines = labelCases().map(each => JSON.stringify(each))
writeFileSync(new URL('label_formats.json', import.meta.url), `[\n${lines.join(',\n')}\n]\n`)
