// Checkpoints of other libraries: their tensors under our names, and back.

import type { TensorShapes } from '../recognition/recognised.ts'
import { jfzhang95Layout } from './jfzhang95.ts'
import { nakashimaLayout } from './nakashima.ts'
import type { NameLayout } from './name_layout.ts'
import { ourName, type Renaming } from './renaming.ts'
import { smpLayout, smpTimmLayout } from './smp.ts'
import { vainfLayout } from './vainf.ts'

const nameLayouts: readonly NameLayout[] = [
  smpTimmLayout,
  smpLayout,
  vainfLayout,
  jfzhang95Layout,
  nakashimaLayout,
]

/** A checkpoint's tensors under our names. */
export interface OurTensors {
  tensors: TensorShapes
  /** Where the names were another library's: the library's conventions, and the table for writing the names again. */
  foreign?: { layout: NameLayout; renaming: Renaming }
}

/** Tensors whose names no table has keep their names. */
export function tensorsByOurNames(stateDict: TensorShapes): OurTensors {
  for (const layout of nameLayouts) {
    const renaming = layout.renamingOf(stateDict)
    if (!renaming) continue
    const renamed = [...stateDict].map(([name, tensor]) => [ourName(name, renaming), tensor] as const)
    return { tensors: new Map(renamed), foreign: { layout, renaming } }
  }
  return { tensors: stateDict }
}
