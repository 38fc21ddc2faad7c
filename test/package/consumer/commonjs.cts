// A CommonJS program: its imports become `require('atrous')`.

import { DeepLab, UserError } from 'atrous'

export async function namesIn(photo: string) {
  const model = await DeepLab.load('scenes')
  try {
    return (await model.segment(photo)).classes.map(({ name }) => name)
  } catch (error) {
    return error instanceof UserError ? error.message : undefined
  } finally {
    await model.dispose()
  }
}
