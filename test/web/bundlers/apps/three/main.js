import { DeepLab, readImage } from 'atrous'
import { OrthographicCamera, Scene, WebGLRenderer } from 'three'
import { maskedPhoto } from './examples/masked_photo.js'

/** Draws the photo once for each class, at its own size: the pixels that are not grey are those of the class. */
window.found = (async () => {
  const model = await DeepLab.load('scenes')
  const photo = await createImageBitmap(await (await fetch('/scene.png')).blob(), {
    imageOrientation: 'flipY',
  })
  const found = await model.segment(await readImage('/scene.png'))
  const { width, height } = found
  const renderer = new WebGLRenderer({ preserveDrawingBuffer: true })
  renderer.setSize(width, height, false)
  const scene = new Scene()
  const plane = maskedPhoto(photo, found, 0)
  scene.add(plane)
  const camera = new OrthographicCamera(-width / height / 2, width / height / 2, 0.5, -0.5, -1, 1)
  const gl = renderer.getContext()
  const seen = lit => {
    plane.material.uniforms.lit.value = lit
    renderer.render(scene, camera)
    const pixels = new Uint8Array(width * height * 4)
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, pixels)
    return pixels
  }
  const none = seen(255)
  const mask = new Array(width * height).fill(-1)
  for (const { id } of found.classes)
    for (const [at, value] of seen(id).entries()) {
      const [row, column] = [Math.floor(at / 4 / width), Math.floor(at / 4) % width]
      if (value !== none[at]) mask[(height - 1 - row) * width + column] = id
    }
  await model.dispose()
  return { mask, width, height }
})()
