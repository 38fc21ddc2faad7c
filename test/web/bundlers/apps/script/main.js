import { DeepLab } from './atrous/dist/bundle/atrous.js'

async function segment() {
  const model = await DeepLab.load('scenes')
  const { mask, width, height } = await model.segment('/scene.png')
  await model.dispose()
  return { mask: [...mask], width, height }
}

window.found = segment()
