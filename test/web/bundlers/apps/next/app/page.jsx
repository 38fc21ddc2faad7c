'use client'

// Next.js also renders this module on its server, where `atrous` would be Node's library: `atrous/web` is the browser's on both.
import { DeepLab } from 'atrous/web'
import { useEffect } from 'react'
import { segmented } from '../../program.js'

export default function Page() {
  useEffect(() => {
    window.found = segmented(DeepLab)
  }, [])
  return <p>A page with a model</p>
}
