// The next frame of a playing video.

interface ShownFrame {
  /** Frames that the video has shown so far, if the browser counts them. */
  count: number | undefined
}

/** Waits for a frame that is not shown yet. Undefined once the video has ended, or on the signal. */
export function nextFrame(video: HTMLVideoElement, signal?: AbortSignal): Promise<ShownFrame | undefined> {
  if (signal?.aborted || video.ended) return Promise.resolve(undefined)
  return new Promise(resolve => {
    const cancel = onNextFrame(video, count => end({ count }))
    const stop = () => end(undefined)
    const end = (frame: ShownFrame | undefined) => {
      cancel()
      video.removeEventListener('ended', stop)
      signal?.removeEventListener('abort', stop)
      resolve(frame)
    }
    video.addEventListener('ended', stop)
    signal?.addEventListener('abort', stop)
  })
}

/** Returns what cancels it. */
function onNextFrame(video: HTMLVideoElement, found: (count: number | undefined) => void): () => void {
  if ('requestVideoFrameCallback' in video) {
    const handle = video.requestVideoFrameCallback((_, { presentedFrames }) => found(presentedFrames))
    return () => video.cancelVideoFrameCallback(handle)
  }
  return onChangedTime(video, () => found(undefined))
}

/** For browsers that do not tell when a video shows a frame: the page's own frames, in which the video's time has changed. */
function onChangedTime(video: HTMLVideoElement, found: () => void): () => void {
  const { currentTime } = video
  const look = () => {
    if (video.currentTime !== currentTime) found()
    else handle = requestAnimationFrame(look)
  }
  let handle = requestAnimationFrame(look)
  return () => cancelAnimationFrame(handle)
}
