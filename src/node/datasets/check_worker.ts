// The thread that reads images for check.ts.

import { countLabels } from '../../data/check.ts'
import { serve } from '../worker_pool.ts'
import { type Item, readItem } from './item.ts'

serve(async (item: Item) => ({ result: countLabels((await readItem(item)).mask), transfer: [] }))
