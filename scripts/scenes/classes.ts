/** The classes of the drawn scenes; a mask holds their indices. */
export const sceneClasses = ['background', 'box', 'sphere', 'cylinder', 'cone', 'ring'] as const

export type ShapeName = Exclude<(typeof sceneClasses)[number], 'background'>
