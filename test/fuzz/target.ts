/**
 * Something that reads what strangers made, for the fuzzer to feed with damaged input. Whatever it is fed, it must either give a
 * result or throw one UserError of one printable line; it must not hang, fill the memory or print.
 */
export interface FuzzTarget {
  /** What is read, such as `pth` or `coco`. */
  name: string
  /** Makes what the rounds share, such as files to damage; `folder` is empty and the target's own. Returns one round. */
  prepare(folder: string): Promise<FuzzRound>
}

/** Damages input by `random`, in [0, 1) and the same for the same seed, and reads it. */
export type FuzzRound = (random: () => number) => Promise<unknown>
