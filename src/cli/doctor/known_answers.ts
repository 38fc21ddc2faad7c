// Reads known_answers.json, which scripts/make_known_answers.ts makes from the tests of the kernels.

import { readFile } from 'node:fs/promises'
import { decodeAnswers } from '../../bench/answers/decode_answers.ts'
import type { KnownAnswer } from '../../bench/answers/kernel_check.ts'

export const knownAnswersFile = new URL('../../bench/answers/known_answers.json', import.meta.url)

export const loadKnownAnswers = async (): Promise<KnownAnswer[]> =>
  decodeAnswers(await readFile(knownAnswersFile, 'utf8'))
