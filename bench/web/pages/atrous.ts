// This package, as `npm run build` makes it.

import { DeepLab } from 'atrous'
import { serve } from './page.ts'

serve(async () => {
  const model = await DeepLab.load(new URL('atrous/', location.href))
  return { segment: photo => model.segment(photo) }
})
