import type { CheckOptions, DatasetReport } from '../data/check.ts'
import type { Dataset } from '../data/dataset.ts'
import { checkDatasetFields } from '../data/labelled_image.ts'

/**
 * Checks every image of a dataset: whether the photo and its labels can be read and fit each other, and which classes occur.
 *
 * Throws a UserError for an invalid option, and for a dataset with an invalid size, ids or class names. Errors that the dataset
 * itself throws pass through, except UserErrors, which become problems in the report.
 */
export async function checkDataset(dataset: Dataset, options: CheckOptions = {}): Promise<DatasetReport> {
  // Loaded here: a page that only segments has no use for it.
  const { checkCheckOptions, checkImages } = await import('../data/check.ts')
  checkCheckOptions(options)
  checkDatasetFields(dataset)
  return checkImages(dataset, options)
}
