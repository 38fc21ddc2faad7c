export interface DownloadProgress {
  file: string
  receivedBytes: number
  /** Undefined if the server does not state it. */
  totalBytes?: number
}
