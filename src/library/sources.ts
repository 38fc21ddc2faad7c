// Objects of either platform from which photos and weights are read, by what is used of them.

/** A Blob, a File, or another object with the same method, such as a Response. */
export interface BlobLike {
  arrayBuffer(): Promise<ArrayBuffer>
}

/** A URL object. */
export interface UrlLike {
  readonly href: string
}
