// What each page runs: the mask of the photo that the test puts beside the page.

import { DeepLab } from 'atrous'

export async function segment(options) {
  const model = await DeepLab.load('scenes', options)
  const { mask, width, height } = await model.segment('/scene.png')
  await model.dispose()
  return { mask: [...mask], width, height }
}
