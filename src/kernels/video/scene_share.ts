import type { Kernel } from '../../gpu/kernel.ts'
import { workgroupSize } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'

interface SceneShareOptions {
  label: string
  /** Size of the frames, in pixels. */
  width: number
  height: number
  /** The share of a frame of the same scene, above 0. */
  share: number
}

/** The pixels along a side of a cell that are looked at: 64 of them leave an eighth of a camera's noise. */
const POINTS = 8

/**
 * The change of grey, of 255, from which on a scene is new. Pans, zooms and noise change less, and most cuts change more: see
 * bench/NOTES.md.
 */
const CUT = 12

/**
 * Finds the share of a video's next frame in the mean of its frames: 1 where a scene begins, else `share`. The buffers `cells` and
 * `share` are zero before the first frame, and keep what the next frame needs.
 */
export function sceneShare({ label, width, height, share }: SceneShareOptions): Kernel {
  return {
    label,
    shader: shaders.scene_share,
    params: { width, height, points: POINTS, share, cut: CUT },
    inputs: { photo: width * height * 4 },
    outputs: { cells: workgroupSize(shaders.scene_share) * 4, share: 4 },
    workgroups: 1,
  }
}
