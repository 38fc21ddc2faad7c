// What each page runs: the mask of the photo that the test puts on the server.
export async function segmented(DeepLab, options) {
  const model = await DeepLab.load('scenes', options)
  const { mask, width, height } = await model.segment('/scene.png')
  await model.dispose()
  return { mask: [...mask], width, height }
}
