// The certified npm `oidc-provider`, as a company runs it: one client, one person, keys that the test rotates.
// Configured by one line of JSON on standard input, steered by further lines, each answered by one line.
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import { generateKeyPairSync } from 'node:crypto'
import Provider from 'oidc-provider'

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const config = JSON.parse((await lines.next()).value)
let made = 0
const key = () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: `key-${++made}` }
}
const store = new Map() // grants, sessions and codes outlive a rotation of keys, as they do elsewhere

class Memory {
  constructor(name) { this.name = name }
  key(id) { return `${this.name}:${id}` }
  async upsert(id, payload) { store.set(this.key(id), { ...payload }) }
  async find(id) { return store.get(this.key(id)) }
  async findByUid(uid) { return [...store.entries()].find(([k, v]) => k.startsWith('Session:') && v.uid === uid)?.[1] }
  async findByUserCode() { return undefined }
  async consume(id) { const found = await this.find(id); if (found) found.consumed = Math.floor(Date.now() / 1000) }
  async destroy(id) { store.delete(this.key(id)) }
  async revokeByGrantId(grantId) { for (const [k, v] of store) if (v.grantId === grantId) store.delete(k) }
}

let keys = [key()]
let provider
const server = createServer((request, response) => provider.callback()(request, response))
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const issuer = `http://127.0.0.1:${server.address().port}`

function build() {
  provider = new Provider(issuer, {
    adapter: Memory,
    jwks: { keys },
    cookies: { keys: ['a key of the cookies in tests'] },
    clients: config.clients.length === 0 ? [] : [{
      client_id: config.client_id,
      client_secret: config.client_secret,
      redirect_uris: config.clients.map((one) => one.redirect_uri),
      post_logout_redirect_uris: config.clients.map((one) => one.post_logout_redirect_uri),
      backchannel_logout_uri: config.clients[0].backchannel_logout_uri,
      backchannel_logout_session_required: true,
      response_types: ['code'],
      grant_types: ['authorization_code'],
      token_endpoint_auth_method: 'client_secret_basic',
    }],
    pkce: { required: () => true },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
    scopes: ['openid', 'email', 'profile', 'groups'],
    conformIdTokenClaims: config.claims_in_userinfo ?? true,
    features: { backchannelLogout: { enabled: true }, rpInitiatedLogout: { enabled: true }, devInteractions: { enabled: true } },
    findAccount: async (_, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, email: config.email, email_verified: true, name: 'Dana Reyes', groups: config.groups }),
    }),
    // Its own guard refuses loopback, which is where the client of these tests listens.
    fetch: (url, options) => { delete options.dispatcher; return fetch(url, options) },
  })
  provider.on('server_error', (_, error) => console.error(error))
  provider.on('backchannel.error', (_, error) => console.error('backchannel', error))
}

build()
console.log(JSON.stringify({ issuer }))
for await (const line of lines) {
  const told = JSON.parse(line)
  if (told.rotate === 'overlap') keys = [key(), ...keys]
  if (told.rotate === 'replace') keys = [key()]
  Object.assign(config, told.config ?? {})
  build()
  console.log(JSON.stringify({ keys: keys.map((one) => one.kid) }))
}
process.exit(0)
