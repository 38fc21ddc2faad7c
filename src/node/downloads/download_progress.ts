export interface DownloadProgress {
  file: string
  receivedBytes: number
  /** Undefined where the server does not tell. */
  totalBytes?: number
}
