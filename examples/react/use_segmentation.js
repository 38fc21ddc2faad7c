// Two hooks. Errors are thrown in the component, where an error boundary catches them.

import { DeepLab } from 'atrous'
import { useEffect, useState } from 'react'

/** A model by its name or URL; undefined while it loads. It is disposed of with the component. */
export function useModel(name) {
  const [{ model, error }, setState] = useState({})
  useEffect(() => {
    const loading = DeepLab.load(name)
    loading.then(
      model => setState({ model }),
      error => setState({ error }),
    )
    return () =>
      loading.then(
        model => model.dispose(),
        () => {},
      )
  }, [name])
  if (error) throw error
  return model
}

/** The result for a photo (a URL, a Blob, an <img> or another source); undefined until it is there. */
export function useSegmentation(model, photo) {
  const [{ found, error }, setState] = useState({})
  useEffect(() => {
    if (!model || !photo) return
    const stop = new AbortController()
    const work = model.segment(photo, { signal: stop.signal })
    work.then(
      found => setState({ found }),
      error => stop.signal.aborted || setState({ error }),
    )
    return () => stop.abort()
  }, [model, photo])
  if (error) throw error
  return found
}
