import { UserError } from '../errors.ts'

/** Imports a package that is installed only where the queue is used. Throws a UserError that says what to install. */
export async function peerPackage<Module>(names: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new UserError(`a package is missing that Atrous does not install by itself: npm install ${names}`)
  }
}
