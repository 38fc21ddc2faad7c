// Makes the README's picture of the page, in Chromium on SwiftShader. Run: npm run web:build && npx tsx docs/make_page_picture.ts

import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import sharp from 'sharp'
import { preview } from 'vite'
import { chromiumPath, FLAGS } from '../test/web/browser.ts'

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const server = await preview({ configFile: file('../web/vite.config.ts'), logLevel: 'warn' })
const browser = await chromium.launch({ executablePath: chromiumPath(), args: FLAGS })
const page = await browser.newPage({ viewport: { width: 1200, height: 820 } })
await page.goto(server.resolvedUrls!.local[0])
await page.locator('#facts').getByText('Drawing').waitFor({ timeout: 60_000 })
await page.locator('#split').fill('30')
await page.mouse.move(570, 350)
await page.waitForTimeout(1000)
const picture = await page.screenshot()
await browser.close()
await server.close()
await sharp(picture).png({ palette: true, quality: 90, compressionLevel: 9 }).toFile(file('page.png'))
