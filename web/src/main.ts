// The page. index.html has its elements, each file here a part of it.

import { button, input } from './dom.ts'
import { doing, onClick } from './messages.ts'
import { ModelPanel } from './model_panel.ts'
import { acceptPhotos } from './photos.ts'
import { Session } from './session.ts'
import { onSettings } from './settings.ts'
import { useTabs } from './tabs.ts'
import { TeachPanel } from './teach_panel.ts'

const session = new Session()
const teach = new TeachPanel(session)
const models = new ModelPanel((source, options) => session.load(source, options))

acceptPhotos(
  photo => session.showPhoto(photo),
  files => models.open(files),
)
useTabs(name => teach.show(name === 'teach'))
onSettings(() => doing(() => session.again()))
input('calm').addEventListener('change', () => doing(() => session.again()))
onClick(button('start-camera'), () => session.startCamera())
onClick(button('freeze-camera'), () => session.freeze())
onClick(button('save-mask'), () => session.saveMask())
onClick(button('save-overlay'), () => session.saveOverlay())
models.open(models.remembered)
