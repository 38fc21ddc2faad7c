// Where jobs read photos and write results: one store for each kind of place.

/** Reads and writes whole files. A BadJobError says that a new try does not help; any other error may pass. */
export interface Store {
  read(place: string, signal: AbortSignal): Promise<Uint8Array>
  /** Writes a file whole or not at all, over one of the same name. */
  write(place: string, bytes: Uint8Array, signal: AbortSignal): Promise<void>
  /** What tells a file apart under all its names; undefined if there is no such file. */
  identity(place: string): Promise<string | undefined>
}
