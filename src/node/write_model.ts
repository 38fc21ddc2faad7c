import { type Model, modelFiles } from '../library/model_files.ts'
import { writeFileSet } from './files/file_set.ts'

/**
 * Writes model.safetensors and config.json to a folder, in Hugging Face's form if the backbone has one. They replace another
 * model's files together or not at all, even if the process is killed.
 */
export function writeModel(folder: string, model: Model): Promise<void> {
  return writeFileSet(folder, modelFiles(model))
}
