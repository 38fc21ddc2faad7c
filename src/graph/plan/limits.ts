// The limits of a GPU.

/** In bytes. */
export type PlanLimits = Record<
  'maxStorageBufferBindingSize' | 'maxBufferSize' | 'minStorageBufferOffsetAlignment',
  number
>
