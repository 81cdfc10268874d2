// npm's CloudEvents SDK against the daemon: node scenarios.js ADDRESS PREFIX.
'use strict'
const assert = require('node:assert')
const { inspect, isDeepStrictEqual } = require('node:util')
const { CloudEvent, Mode } = require('cloudevents')
const table = require('../cloudevents/events.json')
const { base, bytes, consume, emit, isJson, listen, producer, publishers, readers } = require('./paths.js')

const prefix = process.argv[3]
const validated = { 'cloudevents.storage.mode': 'preserve', 'cloudevents.validation': 'binary-or-structured' }

async function scenario(what, story) {
  try {
    await story()
    console.log(`ok ${what}`)
  } catch (e) {
    console.log(`not ok ${what}: ${String(e.message).replace(/\s+/g, ' ').slice(0, 500)}`)
  }
}

async function topic(what, configs) {
  const name = `${prefix}-${what}`
  const headers = { 'Content-Type': 'application/json' }
  const answer = await fetch(base, { method: 'POST', headers, body: JSON.stringify({ name, partitions: 1, configs }) })
  assert.strictEqual(answer.status, 201, await answer.text())
  return name
}

const dataOf = ({ json, text, base64 }) => json ?? text ?? (base64 && new Uint8Array(Buffer.from(base64, 'base64')))
const made = row => new CloudEvent({ ...row.attributes, data: dataOf(row) })

// Attributes as their canonical strings, and the data: a value if they are JSON, else bytes.
function facts(event) {
  const out = {}
  for (const [name, value] of Object.entries({ ...event }))
    if (!name.startsWith('data_') && name !== 'data' && value !== undefined && value !== null) out[name] = String(value)
  out.time = new Date(out.time).toISOString()
  const { data } = event
  return { ...out, data: isJson(event.datacontenttype) && data ? data : (bytes(data)?.toString('hex') ?? '') }
}

async function everyPath(storage, configs) {
  const name = await topic(storage, configs)
  const sent = []
  for (const [path, publish] of Object.entries(publishers))
    for (const row of table) {
      const event = made(row)
      const cell = { row, path, expected: facts(event) }
      // Without data, the SDK says in binary mode that they are JSON.
      const silent = path === 'HTTP binary' && !event.datacontenttype
      if (silent) cell.expected.datacontenttype = 'application/json; charset=utf-8'
      sent.push(cell)
      try {
        cell.offset = await publish(name, event)
      } catch (e) {
        cell.trouble = e
      }
    }
  const count = sent.filter(cell => !cell.trouble).length
  const messages = await consume(name, count)
  const told = await listen(name, count)
  for (const path of Object.keys(publishers))
    for (const [reader, read] of Object.entries(readers))
      await scenario(`stored ${storage}: from ${path} to ${reader}`, async () => {
        for (const { row, expected, offset, trouble } of sent.filter(cell => cell.path === path)) {
          if (trouble) throw new Error(`${row.name}: ${trouble.message}`)
          const found = facts(await read(name, offset, { messages, told }))
          const why = `${row.name}: ${inspect(found)} instead of ${inspect(expected)}`
          if (!isDeepStrictEqual(found, expected)) throw new Error(why)
        }
      })
  return messages
}

async function main() {
  await producer.connect()
  const messages = await everyPath('binary', {})
  await everyPath('preserve', validated)
  await scenario('the type of the data, which the SDK says twice, is told once', async () => {
    const offset = messages.findIndex(({ headers }) => headers.ce_datacontenttype)
    assert.notStrictEqual(offset, -1, 'the SDK says it once')
    const { headers } = await fetch(`${base}/${prefix}-binary/partitions/0/events?offset=${offset}`)
    assert.deepStrictEqual([headers.get('content-type'), headers.has('ce-datacontenttype')],
      [messages[offset].headers.ce_datacontenttype.toString(), false])
  })
  await scenario('a topic that preserves the mode keeps the types of attributes', async () => {
    const topic = `${prefix}-preserve`
    const offset = await publishers['HTTP structured'](topic, made(table.find(row => row.name === 'extensions')))
    const { extint, exttrue, extfalse } = await readers['HTTP structured'](topic, offset)
    assert.deepStrictEqual([extint, exttrue, extfalse], [-42, true, false])
  })
  await scenario('the partition key is the key of the record', async () => {
    const keyed = messages.filter(m => m.key)
    assert.deepStrictEqual(keyed.map(m => m.key.toString()), Object.keys(publishers).map(() => 'größe 7'))
  })
  await scenario('the emitter, which sees no status, finds it in the body', async () => {
    const event = new CloudEvent({ ...table[0].attributes, source: '' }, false)
    for (const mode of [Mode.BINARY, Mode.STRUCTURED]) {
      const { status, type } = await emit(`${prefix}-binary`, event, mode)
      assert.deepStrictEqual([status, type], [400, 'urn:millrace:problem:invalid-cloudevent'])
    }
    assert.strictEqual((await emit(`${prefix}-nowhere`, made(table[0]), Mode.BINARY)).status, 404)
  })
  await producer.disconnect()
}

main()
