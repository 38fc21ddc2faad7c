// Photos and results in S3, or in a server that speaks its protocol. Amazon's own client is large (22 MB), and therefore an optional
// peer. Smaller ones (aws4fetch, s3mini) take a key and its secret alone; this one also finds the roles of machines and pods.

import type { S3Client } from '@aws-sdk/client-s3'
import { MAX_PHOTO_BYTES } from '../node/images/image_source.ts'
import { printable } from '../printable.ts'
import { BadJobError, type Store } from './job.ts'
import { peerPackage } from './peer_package.ts'

/** Answers that say that the job names what is not there. Refused access is not one: credentials may be renewed. */
const LASTING = ['NoSuchKey', 'NoSuchBucket', 'InvalidBucketName', 'KeyTooLongError']

/**
 * Objects of S3. Credentials, region and endpoint come from where Amazon's own tools take them: AWS_ACCESS_KEY_ID and its
 * relatives, AWS_REGION, AWS_ENDPOINT_URL, the shared configuration files, or the role of the machine or pod. The client is loaded
 * with the first object.
 */
export function openS3Store(): Store & { close(): void } {
  let opened: ReturnType<typeof openClient> | undefined
  const client = () => {
    opened ??= openClient()
    return opened
  }
  return {
    async read(place, abortSignal) {
      const { s3, GetObjectCommand } = await client()
      return orBadJob(place, async () => {
        const { Body, ContentLength = 0 } = await s3.send(new GetObjectCommand(partsOf(place)), {
          abortSignal,
        })
        if (ContentLength > MAX_PHOTO_BYTES)
          throw new BadJobError(
            `${printable(place)}: ${ContentLength} bytes are over the limit of ${MAX_PHOTO_BYTES}`,
          )
        return await Body!.transformToByteArray()
      })
    },
    async write(place, bytes, abortSignal) {
      const { s3, PutObjectCommand } = await client()
      const put = new PutObjectCommand({ ...partsOf(place), Body: bytes, ContentType: 'image/png' })
      await orBadJob(place, () => s3.send(put, { abortSignal }))
    },
    identity: async place => place, // an object has one name
    close() {
      opened?.then(({ s3 }) => s3.destroy()).catch(() => {})
    },
  }
}

async function openClient() {
  const { S3Client, GetObjectCommand, PutObjectCommand } = await peerPackage(
    '@aws-sdk/client-s3',
    () => import('@aws-sdk/client-s3'),
  )
  const { AWS_REGION, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 } = process.env
  const isOwnServer = Boolean(AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL)
  const s3: S3Client = new S3Client({
    // Other servers than Amazon's have no regions, and seldom a host name for each bucket.
    region: AWS_REGION ?? AWS_DEFAULT_REGION ?? (isOwnServer ? 'us-east-1' : undefined),
    forcePathStyle: isOwnServer,
  })
  return { s3, GetObjectCommand, PutObjectCommand }
}

/** A key is any text: it is not decoded as a URL's path would be. */
function partsOf(place: string): { Bucket: string; Key: string } {
  const [, Bucket, Key] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/(.+)$/s.exec(place) ?? []
  if (Bucket === undefined) throw new BadJobError(`${printable(place)}: expected s3://bucket/key`)
  return { Bucket, Key }
}

async function orBadJob<T>(place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof BadJobError || !(error instanceof Error)) throw error
    const message = `${printable(place)}: ${error.name}: ${printable(error.message)}`
    throw LASTING.includes(error.name) ? new BadJobError(message) : new Error(message, { cause: error })
  }
}
