import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { PICKLE_OPCODES } from '../../src/weights/pickle_opcodes.ts'
import { InertObject, PickleGlobal, type PickleValue, unpickle } from '../../src/weights/unpickler.ts'
import { type Part, pickle } from './assemble_pickle.ts'

const globals = new Map([
  ['a.list', new PickleGlobal('a.list', args => ['called', ...args])],
  ['a.type', new PickleGlobal('a.type')],
])
const read = (...parts: Part[]) =>
  unpickle(pickle(...parts), { globals, persistentLoad: (id: PickleValue) => ['loaded', id] }).value

describe('the restricted unpickler', () => {
  const plain: [what: string, parts: Part[], value: unknown][] = [
    ['None', ['NONE'], null],
    ['booleans', ['NEWTRUE', 'NEWFALSE', 'TUPLE2'], [true, false]],
    ['a negative integer', ['BININT', [0xfe, 0xff, 0xff, 0xff]], -2],
    ['a long', ['LONG1', [2, 0x00, 0x80]], -32768],
    ['an empty long', ['LONG1', [0]], 0],
    ['a long past 2^53', ['LONG1', [8, 0, 0, 0, 0, 0, 0, 0, 0x40]], 2n ** 62n],
    ['a float', ['BINFLOAT', [0x3f, 0xf8, 0, 0, 0, 0, 0, 0]], 1.5],
    ['text', ['BINUNICODE', [3, 0, 0, 0], ':häx'.slice(0, 3)], 'hä'],
    ['nested groups', ['MARK', 'BININT1', [1], 'MARK', 'BININT1', [2], 'TUPLE', 'TUPLE'], [1, [2]]],
    ['a list', ['EMPTY_LIST', 'BININT1', [1], 'APPEND', 'MARK', 'BININT1', [2], 'APPENDS'], [1, 2]],
    ['a dict', ['EMPTY_DICT', 'BININT1', [1], 'NONE', 'SETITEM'], new Map([[1, null]])],
    ['the memo', ['BININT1', [5], 'BINPUT', [9], 'BINGET', [9], 'TUPLE2'], [5, 5]],
    ['an allowed call', ['GLOBAL', ':a\nlist\n', 'BININT1', [1], 'TUPLE1', 'REDUCE'], ['called', 1]],
    ['bytes', ['SHORT_BINBYTES', [2, 7, 8]], Uint8Array.of(7, 8)],
    ['a set', ['EMPTY_SET', 'MARK', 'NONE', 'ADDITEMS'], [null]],
    [
      'an object of an unknown class, with its state, as its name',
      ['GLOBAL', ':argparse\nNamespace\n', 'EMPTY_TUPLE', 'NEWOBJ', 'EMPTY_DICT', 'BUILD'],
      new InertObject('argparse.Namespace'),
    ],
    [
      'an object that is also a dict and a list',
      [
        ...['GLOBAL', ':a\nb\n', 'EMPTY_TUPLE', 'EMPTY_DICT', 'NEWOBJ_EX'],
        ...['NONE', 'NONE', 'SETITEM', 'NONE', 'APPEND'],
      ],
      new InertObject('a.b'),
    ],
    ['an object stored outside', ['BININT1', [7], 'BINPERSID'], ['loaded', 7]],
  ]
  for (const [what, parts, value] of plain) {
    it(`reads ${what}`, () => expect(read('PROTO', [2], ...parts, 'STOP')).to.deep.equal(value))
  }

  const refused: [what: string, parts: Part[], message: RegExp][] = [
    [
      'a global that is not on the list',
      ['GLOBAL', ':os\nsystem\n'],
      /refused to load: the file asks for os\.system;/,
    ],
    [
      'a global named on the stack',
      ['SHORT_BINUNICODE', [2], ':os', 'SHORT_BINUNICODE', [6], ':system', 'STACK_GLOBAL'],
      /asks for os\.system;/,
    ],
    ['a name with control characters', ['GLOBAL', ':os\x1b[2J\nsystem\n'], /asks for os\?\[2J\.system;/],
    [
      'a name of a global that is a property of all objects',
      ['GLOBAL', ':constructor\nname\n'],
      /asks for constructor\.name;/,
    ],
    [
      'a call of a global that is not callable',
      ['GLOBAL', ':a\ntype\n', 'EMPTY_TUPLE', 'REDUCE'],
      /refused to load: the file calls a\.type/,
    ],
    ['a call of a value', ['NONE', 'EMPTY_TUPLE', 'REDUCE'], /calls what is not a function/],
    ['state set on a list', ['EMPTY_LIST', 'NONE', 'BUILD'], /sets the state of an object/],
    ['the opcode INST', ['MARK', 'INST', ':os\nsystem\n'], /uses pickle opcode INST/],
    [
      'a call of an unknown class after an object of it',
      [
        'GLOBAL',
        ':os\nsystem\n',
        'BINPUT',
        [0],
        'EMPTY_TUPLE',
        'NEWOBJ',
        'BINGET',
        [0],
        'EMPTY_TUPLE',
        'REDUCE',
      ],
      /asks for os\.system;/,
    ],
    [
      'an unknown class in a list',
      ['EMPTY_LIST', 'GLOBAL', ':os\nsystem\n', 'APPEND'],
      /asks for os\.system;/,
    ],
    ['an object of a value that is not a class', ['NONE', 'EMPTY_TUPLE', 'NEWOBJ'], /of what is not a class/],
    [
      'an object that is called',
      ['GLOBAL', ':a\nb\n', 'EMPTY_TUPLE', 'NEWOBJ', 'EMPTY_TUPLE', 'REDUCE'],
      /calls what is not a function/,
    ],
    ['the opcode OBJ', ['MARK', 'OBJ'], /uses pickle opcode OBJ/],
    ['the opcode EXT1', ['EXT1', [1]], /uses pickle opcode EXT1/],
    ['a byte that is not an opcode', [[0xff]], /no pickle opcode/],
    ['an empty stack', ['STOP'], /empty stack/],
    ['a memo of nothing', ['BINPUT', [0]], /empty stack/],
    ['a value from below a mark', ['NONE', 'MARK', 'TUPLE1'], /empty stack/],
    ['a group never opened', ['TUPLE'], /never opened/],
    ['an item for a value that is not a dict', ['EMPTY_LIST', 'NONE', 'NONE', 'SETITEM'], /not a dict/],
    ['an item for a value that is not a list', ['EMPTY_DICT', 'NONE', 'APPEND'], /not a list/],
    ['a key without a value', ['EMPTY_DICT', 'MARK', 'NONE', 'SETITEMS'], /without a value/],
    ['an unknown memo', ['LONG_BINGET', [0xff, 0xff, 0xff, 0xff]], /never stored/],
    ['text of 4 GB', ['BINUNICODE', [0xff, 0xff, 0xff, 0xff]], /text of 4294967295 bytes/],
    ['a pickle that ends early', ['BININT', [1]], /ends early/],
  ]
  for (const [what, parts, message] of refused) {
    it(`refuses ${what}`, () => expect(() => read(...parts, 'STOP')).to.throw(UserError, message))
  }

  it('refuses to run for ever', () => {
    const endless = new Uint8Array(2_000_000).fill(PICKLE_OPCODES.EMPTY_DICT)
    expect(() => unpickle(endless, { globals, persistentLoad: id => id })).to.throw(
      UserError,
      /300000 pickle operations/,
    )
  })

  it('does not follow a value that contains itself', () => {
    const list = read('EMPTY_LIST', 'BINPUT', [0], 'BINGET', [0], 'APPEND', 'STOP') as unknown[]
    expect(list[0]).to.equal(list)
  })
})
