import { createElement, useEffect } from 'react'
import { createRoot } from 'react-dom/client'
import { useModel, useSegmentation } from './examples/use_segmentation.js'

window.found = new Promise(resolve => {
  function Photo() {
    const found = useSegmentation(useModel('scenes'), '/scene.png')
    useEffect(() => found && resolve({ ...found, mask: [...found.mask] }), [found])
    return createElement('p', null, found ? found.classes[0].name : '…')
  }
  const root = document.body.appendChild(document.createElement('div'))
  createRoot(root).render(createElement(Photo))
})
