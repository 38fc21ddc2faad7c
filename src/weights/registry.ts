/** A checkpoint that can be had by name; `weights/registry.json` lists them. */
export interface RegistryEntry {
  name: string
  description: string
  /** Channels of the logits, background included. */
  classes: number
  /** The size of its files, as the source states it. */
  megabytes: number
  licence: string
  /** A page that tells where the weights come from. */
  source: string
  /** What to download: nothing of a checkpoint that this package ships, in `weights/NAME`. */
  files: RegistryFile[]
}

export interface RegistryFile {
  /** Its name in the cache folder. */
  name: string
  url: string
  /** The exact size; null where no source states it. */
  bytes: number | null
  /** The SHA-256 in hex, or its first digits, as the source states it; null where it states none. */
  sha256: string | null
}

export const isShipped = ({ files }: RegistryEntry): boolean => files.length === 0

/** The entry of that name, or of that repository on Hugging Face; undefined where there is none. */
export function findEntry(registry: readonly RegistryEntry[], name: string): RegistryEntry | undefined {
  return registry.find(entry => entry.name === name || entry.source === `https://huggingface.co/${name}`)
}
