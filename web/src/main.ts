// The page. index.html has its elements, each file here a part of it.

import { button } from './dom.ts'
import { doing, onClick } from './messages.ts'
import { ModelPanel } from './model_panel.ts'
import { acceptPhotos } from './photos.ts'
import { Session } from './session.ts'
import { onSettings } from './settings.ts'
import { useTabs } from './tabs.ts'
import type { TeachPanel } from './teach_panel.ts'

const session = new Session()
const models = new ModelPanel((source, options) => session.load(source, options))

const strip = acceptPhotos(
  photo => session.showPhoto(photo),
  files => models.open(files),
)
/** What teaches is loaded when it is first needed. */
let teach: Promise<TeachPanel> | undefined
useTabs(async name => {
  if (name === 'teach')
    teach ??= import('./teach_panel.ts').then(loaded => new loaded.TeachPanel({ session, models, strip }))
  const panel = await teach
  panel?.show(name === 'teach')
})
onSettings(() => doing(() => session.again()))
onClick(button('start-camera'), () => session.startCamera())
onClick(button('freeze-camera'), async () => strip.add(await session.freeze()))
onClick(button('save-mask'), () => session.saveMask())
onClick(button('save-overlay'), () => session.saveOverlay())
onClick(button('save-model'), async () => session.saveModel())
models.open(models.remembered)
