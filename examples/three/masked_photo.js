// A photo and its mask as textures of three.js.

import {
  CanvasTexture,
  DataTexture,
  Mesh,
  PlaneGeometry,
  RedFormat,
  ShaderMaterial,
  SRGBColorSpace,
} from 'three'

/**
 * A plane with a photo on which one class is lit and the rest is grey. `found` is the result of `model.segment(photo)`. The mask is a
 * texture with a class id in each byte: set `uniforms.lit` to another id at any time.
 */
export function maskedPhoto(photo, found, lit) {
  const mask = new DataTexture(found.mask, found.width, found.height, RedFormat)
  mask.unpackAlignment = 1 // rows of any length
  mask.flipY = true // the first row is the top one
  mask.needsUpdate = true
  const colours = new CanvasTexture(photo)
  colours.colorSpace = SRGBColorSpace
  const material = new ShaderMaterial({
    uniforms: { photo: { value: colours }, mask: { value: mask }, lit: { value: lit } },
    vertexShader: /* glsl */ `
      varying vec2 at;
      void main() {
        at = uv;
        gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
      }`,
    fragmentShader: /* glsl */ `
      uniform sampler2D photo, mask;
      uniform float lit;
      varying vec2 at;
      void main() {
        vec3 colour = texture2D(photo, at).rgb;
        bool isLit = abs(texture2D(mask, at).r * 255.0 - lit) < 0.5;
        vec3 grey = vec3(dot(colour, vec3(0.2126, 0.7152, 0.0722)) * 0.5);
        gl_FragColor = vec4(isLit ? colour : grey, 1.0);
        #include <colorspace_fragment>
      }`,
  })
  return new Mesh(new PlaneGeometry(found.width / found.height, 1), material)
}
