import type { Dataset } from '../../src/data/dataset.ts'
import { UserError } from '../../src/errors.ts'
import { checkDataset } from '../../src/node/datasets/check.ts'
import { rejects } from '../support/rejects.ts'

/** The message of the UserError that a call throws or rejects with. */
export const refusal = async (run: () => unknown): Promise<string> => (await rejects(UserError, run)).message

/** A dataset's problems, and the text of the first. */
export async function problemsOf(dataset: Dataset) {
  const { problems } = await checkDataset(dataset)
  return { kinds: problems.map(({ kind }) => kind), first: problems[0]?.message }
}
