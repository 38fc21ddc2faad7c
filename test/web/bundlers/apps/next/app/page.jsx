'use client'

import { useEffect } from 'react'
import { segment } from '../../program.js'

export default function Page() {
  useEffect(() => {
    window.found = segment()
  }, [])
  return <p>A page with a model</p>
}
