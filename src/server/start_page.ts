// The page at /, for people who open the server in a browser.

interface Shown {
  /** As the request names the server. */
  host: string
  version: string
  /** The names of models that answer. */
  models: readonly string[]
  hasToken: boolean
}

export function startPage({ host, version, models, hasToken }: Shown): string {
  const token = hasToken ? " -H 'Authorization: Bearer TOKEN'" : ''
  const names = models.length > 0 ? `<p>Models: ${models.map(escaped).join(', ')}</p>` : ''
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Atrous</title>
<h1>Atrous ${escaped(version)}</h1>
<p>This server segments photos: a photo in, a mask out.</p>
${names}
<pre>curl${token} -H 'Content-Type: image/jpeg' --data-binary @photo.jpg \\
  'http://${escaped(host)}/segment?output=overlay' -o overlay.png</pre>
<p>It also speaks the Open Inference Protocol under <a href="/v2">/v2</a>.
<a href="/openapi.json">/openapi.json</a> describes all routes, and <a href="/metrics">/metrics</a> is for Prometheus.</p>
</html>
`
}

const SIGNS: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

const escaped = (text: string) => text.replace(/[&<>"']/g, sign => SIGNS[sign])
