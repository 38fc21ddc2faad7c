// The page. index.html has its elements, each file here a part of it.

import { button, input } from './dom.ts'
import type { ExportPanel } from './export/export_panel.ts'
import { doing, onClick } from './messages.ts'
import { ModelPanel } from './model_panel.ts'
import { acceptPhotos } from './photos.ts'
import { Session } from './session.ts'
import { onSettings } from './settings/settings.ts'
import { useTabs } from './tabs.ts'
import type { TeachPanel } from './teach/teach_panel.ts'

const session = new Session()
const models = new ModelPanel((source, options) => session.load(source, options))

const strip = acceptPhotos(
  photo => session.showPhoto(photo),
  files => {
    const lesson = files.find(({ name }) => name.endsWith('.zip'))
    if (lesson) doing(async () => (await teach()).openLesson(lesson))
    else models.open(files)
  },
)

/** What teaches is loaded when it is first needed. */
let teaching: Promise<TeachPanel> | undefined

function teach(): Promise<TeachPanel> {
  teaching ??= import('./teach/teach_panel.ts').then(
    loaded => new loaded.TeachPanel({ session, models, strip }),
  )
  return teaching
}

/** So is what exports. */
let exportPanel: Promise<ExportPanel> | undefined

function exporting(): Promise<ExportPanel> {
  exportPanel ??= import('./export/export_panel.ts').then(loaded => new loaded.ExportPanel(session))
  return exportPanel
}

useTabs(async name => {
  const panel = await (name === 'teach' ? teach() : teaching)
  panel?.show(name === 'teach')
  if (name !== 'export') return
  const exports = await exporting()
  doing(() => exports.refresh())
})
session.onLabels = labels => doing(async () => (await teach()).take(labels))
onSettings(() => doing(() => session.again()))
input('calm').addEventListener('change', () => doing(() => session.again()))
onClick(button('start-camera'), () => session.startCamera())
onClick(button('freeze-camera'), async () => strip.add(await session.freeze()))
models.open(models.remembered)
