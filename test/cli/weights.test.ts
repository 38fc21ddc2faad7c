import { copyFile, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { fromBinary } from '@bufbuild/protobuf'
import { expect } from 'chai'
import { readRegistry } from '../../src/node/downloads/pull.ts'
import { ModelProtoSchema } from '../../src/onnx/onnx_pb.ts'
import { readCheckpoint } from '../../src/weights/checkpoint.ts'
import { useEmptyCache, useTemporaryFolder } from '../node/support.ts'
import { useEnvironment } from '../support/environment.ts'
import { startServer } from '../weights/server.ts'
import { atrous, saveTinyModel } from './support.ts'

const golden = fileURLToPath(new URL('../weights/golden/zip.pth', import.meta.url))

describe('atrous weights', () => {
  const path = useTemporaryFolder()
  useEmptyCache(path)

  it('list names every public checkpoint', async () => {
    const registry = await readRegistry()
    const { code, stdout } = await atrous('weights', 'list')
    expect(code).to.equal(0)
    for (const { name, licence } of registry)
      expect(stdout).to.match(new RegExp(`^${name} .*${licence}`, 'm'))
    const listed = JSON.parse((await atrous('weights', 'list', '--json')).stdout)
    expect(listed.map(({ name }: { name: string }) => name)).to.deep.equal(registry.map(({ name }) => name))
    expect(listed[0]).to.include.keys('megabytes', 'licence', 'source', 'downloaded')
  })

  it('inspect recognises a network', async () => {
    await saveTinyModel(path('model'))
    const file = path('model/model.safetensors')
    const { code, stdout } = await atrous('weights', 'inspect', file)
    expect(code).to.equal(0)
    expect(stdout.split('\n')[0]).to.match(/model\.safetensors: safetensors, [\d.]+ [kM]B$/)
    expect(stdout).to.include(
      'ASPP of 3 atrous branches and image pooling, 5 classes (named as by torchvision)',
    )
    expect(stdout).to.match(/^backbone\.conv1\.weight +f32 +\[4, 3, 7, 7\]$/m)
  })

  it('inspect --json describes any checkpoint', async () => {
    const { stdout } = await atrous('weights', 'inspect', golden, '--json')
    const found = JSON.parse(stdout)
    expect(found).to.include({ file: golden, format: 'PyTorch', network: null })
    expect(found.tensors).to.deep.include({ name: 'f16', dtype: 'f16', shape: [6] })
  })

  it('convert keeps names, dtypes and values', async () => {
    const output = path('converted.safetensors')
    const { code, stdout } = await atrous('weights', 'convert', golden, output)
    expect(code).to.equal(0)
    expect(stdout).to.match(/converted\.safetensors: 12 tensors, [\d.]+ kB\n$/)
    const [before, after] = [golden, output].map(async file => readCheckpoint(await readFile(file), file))
    expect(await after).to.deep.equal(await before)

    expect(await atrous('weights', 'convert', golden, output)).to.deep.equal({
      ...{ code: 1, stdout: '', stderr: `error: ${output} exists: --overwrite replaces it\n` },
    })
    expect((await atrous('weights', 'convert', golden, output, '--overwrite')).code).to.equal(0)
  })

  describe('convert to ONNX', () => {
    const json = async (name: string) => JSON.parse(await readFile(path(name), 'utf8'))

    it('writes the network and the files for transformers.js in Hugging Face’s layout', async () => {
      await saveTinyModel(path('model'))
      const output = path('web/onnx/model.onnx')
      const { code, stdout } = await atrous('weights', 'convert', path('model'), output)
      expect(code).to.equal(0)
      const files = stdout.split('\n').filter(Boolean)
      expect(files[0]).to.match(/onnx\/model\.onnx: [\d.]+ kB$/)
      expect(files.slice(1).map(line => line.split(':')[0])).to.deep.equal(
        ['config.json', 'preprocessor_config.json'].map(name => path(`web/${name}`)),
      )
      const { graph } = fromBinary(ModelProtoSchema, await readFile(output))
      expect(graph!.node.at(-1)!.output).to.deep.equal(['logits'])
      expect((await json('web/config.json')).id2label).to.include({ 0: 'class 0', 4: 'class 4' })
      expect(await json('web/preprocessor_config.json')).to.deep.include({
        size: { longest_edge: 513 },
        image_mean: [0.485, 0.456, 0.406],
      })
    })

    it('accepts a size and an output stride', async () => {
      await saveTinyModel(path('model'))
      const options = ['--size', '64x96', '--output-stride', '8']
      await atrous('weights', 'convert', path('model'), path('out/model.onnx'), ...options)
      const { graph } = fromBinary(ModelProtoSchema, await readFile(path('out/model.onnx')))
      const dims = graph!.output[0].type!.value.value!.shape!.dim.map(({ value }) => value.value)
      expect(dims).to.deep.equal([1n, 5n, 8n, 12n])
      expect((await json('out/preprocessor_config.json')).size).to.deep.equal({ height: 64, width: 96 })
    })

    it('replaces only permitted files', async () => {
      await saveTinyModel(path('model'))
      const convert = (...args: string[]) =>
        atrous('weights', 'convert', path('model'), path('app/model.onnx'), ...args)
      const refusal = async (...args: string[]) => {
        const { code, stdout, stderr } = await convert(...args)
        expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
        return stderr
      }
      await mkdir(path('app'))
      await writeFile(path('app/config.json'), '{ "port": 8080 }')
      const ofAnApp = `error: ${path('app/config.json')} exists and does not describe a model: write the .onnx to another folder\n`
      expect(await refusal()).to.equal(ofAnApp)
      expect(await refusal('--overwrite')).to.equal(ofAnApp)
      expect(await readdir(path('app'))).to.deep.equal(['config.json'])

      await writeFile(path('app/config.json'), '{ "model_type": "bert" }')
      expect(await refusal()).to.include('config.json exists: replace it with --overwrite')
      expect(await convert('--overwrite')).to.include({ code: 0, stderr: '' })
      expect(await json('app/config.json')).to.include({ model_type: 'atrous' })

      expect(await refusal()).to.equal(`error: ${path('app/model.onnx')} exists: --overwrite replaces it\n`)
      expect(await convert('--overwrite')).to.include({ code: 0, stderr: '' })
    })

    it('does not change the config.json of the model', async () => {
      await saveTinyModel(path('model'))
      const before = await json('model/config.json')
      await atrous('weights', 'convert', path('model'), path('model/model.onnx'))
      expect(await json('model/config.json')).to.deep.equal(before)
      expect(await json('model/preprocessor_config.json')).to.include.keys('size')
    })
  })

  it('pull needs no network for cached files, under either name', async () => {
    const folder = path('cache/weights/deeplabv3_mobilenet_v2')
    await mkdir(folder, { recursive: true })
    await copyFile(golden, `${folder}/pytorch_model.bin`)
    for (const name of ['config.json', 'preprocessor_config.json']) await writeFile(`${folder}/${name}`, '{}')
    for (const name of ['deeplabv3_mobilenet_v2', 'google/deeplabv3_mobilenet_v2_1.0_513'])
      expect(await atrous('weights', 'pull', name)).to.deep.equal({
        code: 0,
        stdout: `${folder}\n`,
        stderr: '',
      })
    const listed = JSON.parse((await atrous('weights', 'list', '--json')).stdout)
    const downloaded = listed.filter((entry: { downloaded: boolean }) => entry.downloaded)
    expect(downloaded.map(({ name }: { name: string }) => name)).to.deep.equal([
      'scenes', // shipped with the package
      'deeplabv3_mobilenet_v2',
    ])
  })

  describe('without a network', () => {
    const setEnvironment = useEnvironment()
    /** No server listens there. */
    const nowhere = 'http://127.0.0.1:1'
    beforeEach(() => setEnvironment({ HF_ENDPOINT: nowhere, HF_TOKEN: undefined }))

    it('the default model cannot be downloaded, but the error suggests another one', async () => {
      await cp(new URL('../../docs/scene.png', import.meta.url), path('photo.png'))
      const { code, stdout, stderr } = await atrous('segment', path('photo.png'), '--out', path('out'))
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
      expect(stderr).to.match(
        /^error: http:\/\/127\.0\.0\.1:1\/google\/\S+: cannot reach the server: the connection was refused; try again online, or try `--model scenes`, which needs no network\n$/,
      )
    })

    it('pull gives the reason, and suggests no other model', async () => {
      const { code, stderr } = await atrous('weights', 'pull', 'google/deeplabv3_mobilenet_v2_1.0_513')
      expect(code).to.equal(1)
      expect(stderr).to.match(/: the connection was refused\n$/)
    })
  })

  it('pull takes a URL, warns, and shows no password', async () => {
    const server = await startServer(async (request, response) => {
      if (request.url === '/net.pth?token=secret') response.end(await readFile(golden))
      else response.writeHead(404).end()
    })
    try {
      const url = `${server.url.replace('://', '://me:secret@')}/net.pth?token=secret`
      const first = await atrous('weights', 'pull', url)
      expect(first.code, first.stderr).to.equal(0)
      await writeFile(`${first.stdout.trim()}/net.pth`, 'damaged')
      const second = await atrous('weights', 'pull', url)
      expect(second.stdout).to.equal(first.stdout)
      expect(second.stderr).to.match(/^warning: \S+net\.pth: damaged: .*; it is downloaded again\n$/)
      const missing = await atrous('weights', 'pull', url.replace('net', 'none'))
      expect(missing.stderr).to.equal(`error: ${server.url}/none.pth?…: not found (HTTP 404)\n`)
    } finally {
      server.close()
    }
  })

  it('the help of every command has examples or notes', async () => {
    for (const command of [
      '',
      'segment',
      'evaluate',
      'train',
      'bench',
      'tune',
      'completion',
      'doctor',
      'weights',
      'weights list',
      'weights pull',
      'weights inspect',
      'weights convert',
    ]) {
      const { code, stdout } = await atrous(...command.split(' ').filter(Boolean), '--help')
      expect(code, command).to.equal(0)
      expect(stdout, command).to.match(/^(Examples|Quick start|Any option)/m)
      for (const line of stdout.split('\n')) expect(line.length, line).to.be.at.most(80)
    }
  })
})
