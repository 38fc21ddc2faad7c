import { testSuites } from '../support/test_suites.ts'

await testSuites('other_kernels')
