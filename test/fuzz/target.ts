/**
 * A reader of untrusted input, which the fuzzer feeds with damaged input. For any input it must give a result or throw one
 * UserError of one printable line. It must not hang, fill the memory or print.
 */
export interface FuzzTarget {
  /** The kind of input, such as `pth` or `coco`. */
  name: string
  /**
   * Prepares data that the rounds share, such as files to damage. `folder` is empty and only for this target. Returns the
   * function for one round.
   */
  prepare(folder: string): Promise<FuzzRound>
}

/** Damages input with numbers from `random`, in [0, 1) and determined by the seed, and reads it. */
export type FuzzRound = (random: () => number) => Promise<unknown>
