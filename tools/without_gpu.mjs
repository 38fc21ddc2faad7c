// For mocha's `require`: skips the tests that ask for a GPU themselves.
export const mochaHooks = {
  beforeEach() {
    if (this.currentTest.body.includes('testGpu(')) this.skip()
  },
}
