// The page. index.html has its elements, each file here a part of it.

import { button } from './dom.ts'
import { doing } from './messages.ts'
import { ModelPanel } from './model_panel.ts'
import { acceptPhotos } from './photos.ts'
import { Session } from './session.ts'
import { onSettings } from './settings.ts'
import { TeachPanel } from './teach_panel.ts'

const session = new Session()
new TeachPanel(session)
const models = new ModelPanel((source, options) => session.load(source, options))

acceptPhotos(
  photo => session.showPhoto(photo),
  files => models.open(files),
)
onSettings(() => doing(() => session.again()))
button('start-camera').addEventListener('click', () => doing(() => session.startCamera()))
button('freeze-camera').addEventListener('click', () => doing(() => session.freeze()))
button('save-mask').addEventListener('click', () => doing(() => session.saveMask()))
button('save-overlay').addEventListener('click', () => doing(() => session.saveOverlay()))
models.open('scenes')
