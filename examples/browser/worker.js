// A worker has no import map: a bundler, or this URL, finds the library.
import { DeepLab } from '../../dist/bundle/atrous.js'

const model = DeepLab.load('scenes')

addEventListener('message', async ({ data: photo }) => {
  const { classes } = await (await model).segment(photo)
  postMessage(classes.map(({ name }) => name))
})
