// What a GPU allows.

/** In bytes. */
export type PlanLimits = Record<
  'maxStorageBufferBindingSize' | 'maxBufferSize' | 'minStorageBufferOffsetAlignment',
  number
>
