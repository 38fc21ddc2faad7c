// All shaders in one table, for doctor and tests. A bundle that has this module has every shader.

import type { Shader } from './kernel.ts'
import * as shaders from './shaders.gen.ts'

export const shadersByName: Readonly<Record<shaders.ShaderName, Shader>> = { ...shaders }
