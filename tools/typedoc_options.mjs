// For TypeDoc: an argument that a function takes apart at once has no name in the code. The reference calls it `options`.
import { Converter } from 'typedoc'

export function load({ converter }) {
  converter.on(Converter.EVENT_CREATE_PARAMETER, (_context, parameter) => {
    if (parameter.name === '__namedParameters') parameter.name = 'options'
  })
}
