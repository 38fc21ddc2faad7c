// The camera: its stream in a video element that is not shown.

import { button, byId } from './dom.ts'
import { showProblem } from './messages.ts'

const controls = byId('camera-controls', HTMLElement)

export interface Camera {
  video: HTMLVideoElement
  /** Aborted when the camera stops: by the user, or because it is unplugged. */
  signal: AbortSignal
  stop(): void
}

/** Asks for the camera, on a phone for the one at the back. Throws an Error that says why there is none. */
export async function startCamera(): Promise<Camera> {
  const stream = await openStream()
  const video = document.createElement('video')
  const ends = new AbortController()
  const stop = () => {
    for (const track of stream.getTracks()) track.stop()
    controls.hidden = true
    ends.abort()
  }
  Object.assign(video, { muted: true, playsInline: true, srcObject: stream })
  for (const track of stream.getTracks())
    track.addEventListener('ended', () => {
      stop()
      showProblem(
        new Error('The camera has stopped: it was unplugged, or is no longer allowed. Start it again.'),
      )
    })
  button('stop-camera').addEventListener('click', stop, { signal: ends.signal })
  await video.play()
  controls.hidden = false
  return { video, signal: ends.signal, stop }
}

async function openStream(): Promise<MediaStream> {
  if (!navigator.mediaDevices?.getUserMedia)
    throw new Error('This browser gives no camera to this page: it needs https, or localhost.')
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } })
  } catch (error) {
    throw new Error(REASONS[(error as DOMException).name] ?? `The camera does not start: ${error}`, {
      cause: error,
    })
  }
}

const REASONS: Record<string, string> = {
  NotAllowedError: 'The camera is not allowed. Allow it in the settings of this page, and try again.',
  NotFoundError: 'There is no camera.',
  NotReadableError: 'The camera is in use by another program, or does not answer.',
}
