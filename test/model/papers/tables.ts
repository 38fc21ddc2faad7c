// The papers' tables of PASCAL VOC's val set, as they are printed: every row, with the preset that has its network and its way of
// evaluation, or the reason why there is none. Tables of other datasets, of test sets and of ImageNet are left out.

import { caffeTables } from './caffe.ts'
import { v3Tables } from './deeplabv3.ts'
import { plusTables } from './deeplabv3plus.ts'

export const paperTables = [...caffeTables, ...v3Tables, ...plusTables]
