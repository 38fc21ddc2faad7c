// What `npm run mutate` runs: see mutate.mjs.
export default {
  plugins: ['@stryker-mutator/mocha-runner'],
  testRunner: 'mocha',
  coverageAnalysis: 'perTest',
  // Tests that compute on a GPU take seconds each: without_gpu.mjs leaves them out.
  mochaOptions: {
    extension: ['ts'],
    // Those that find most come first: a change is given up at the first test that fails.
    spec: [
      'test/graph/passes.test.ts',
      'test/graph/choose_strategy.test.ts',
      'test/kernels/geometry.test.ts',
      'test/kernels/tap_regions.test.ts',
      'test/graph/memory.test.ts',
      'test/graph/autodiff.test.ts',
      'test/graph/statistics_by_producer.test.ts',
      'test/graph/plan.test.ts',
      'test/graph/activation_budget.test.ts',
    ],
    require: ['./tools/without_gpu.mjs'],
  },
  testRunnerNodeArgs: ['--import=tsx', '--no-experimental-require-module'],
  // Texts are labels and messages. Where a text decides, as an op's kind does, the condition around it is mutated too.
  mutator: { excludedMutations: ['StringLiteral'] },
  // The copy that is mutated lies in the repository and so finds its node_modules.
  tempDirName: 'out/stryker',
  symlinkNodeModules: false,
  ignorePatterns: [
    '*',
    '!src/**',
    '!shaders/**',
    '!test/**',
    '!tools/*.mjs',
    '!package.json',
    '!tsconfig.json',
  ],
  reporters: ['clear-text', 'progress-append-only', 'html'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  htmlReporter: { fileName: 'out/mutation.html' },
  allowEmpty: false,
}
