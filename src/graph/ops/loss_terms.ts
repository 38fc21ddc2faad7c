// What a loss may have beside the plain cross entropy, as one module that is loaded when a run has some of it.

export { diceLoss } from './dice_loss.ts'
export { hardLabelsOp } from './hard_labels.ts'
export { lovaszLoss } from './lovasz_loss.ts'
