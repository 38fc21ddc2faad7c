// Updates beside plain stochastic gradient descent, as one module that is loaded when a run has some of them.

export { adamw, adamwStep } from './adamw.ts'
export { averageParameters, averageShare } from './average_parameters.ts'
