// The ways by which the SDK publishes an event and reads one. What an application has to do for the SDK says why.
'use strict'
const { CloudEvent, HTTP, Kafka, Mode, emitterFor, httpTransport } = require('cloudevents')
const { Kafka: Client, Partitioners, logLevel } = require('kafkajs')

const [address] = process.argv.slice(2)
const base = `http://${process.env.HTTP}/v1/topics`
const kafka = new Client({ brokers: [address], logLevel: logLevel.NOTHING })
const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })

const isJson = type => /^application\/(.*\+)?json\b/.test(type || '')
const isText = type => /^text\//.test(type || '')

// The binding leaves data as the application gave them, also where a client sends nothing but bytes.
function bytes(data) {
  if (data === undefined || data === null) return null
  return Buffer.from(ArrayBuffer.isView(data) || typeof data === 'string' ? data : JSON.stringify(data))
}

// Header fields are Latin text to node, and the SDK does not percent-encode what is none.
const encoded = value => (/^[\u0000-\u00ff]*$/.test(value) ? String(value) : encodeURIComponent(value))
const changed = (fields, change) => Object.fromEntries(Object.entries(fields).map(([k, v]) => [k, change(v)]))

// node refuses a body that is undefined, which is what the SDK makes of no data.
const transport = topic => {
  const send = httpTransport(`${base}/${topic}/events`)
  return ({ headers, body }) => send({ headers: changed(headers, encoded), body: body ?? '' })
}

async function emit(topic, event, mode) {
  const answer = await emitterFor(transport(topic), { binding: HTTP, mode })(event)
  return JSON.parse(answer.body)
}

const stored = answer => {
  if (answer.offset === undefined) throw new Error(JSON.stringify(answer))
  return answer.offset
}

// What an event does not have is a header without a value to the SDK; kafkajs sends neither such nor numbers.
const valued = headers => Object.entries(headers).filter(([, value]) => value !== undefined && value !== null)

const send = async (topic, { key, value, headers, timestamp }) => {
  const message = { key, value: bytes(value), headers: changed(Object.fromEntries(valued(headers)), String), timestamp }
  return Number((await producer.send({ topic, messages: [message] }))[0].baseOffset)
}

const publishers = {
  'HTTP binary': async (topic, event) => stored(await emit(topic, event, Mode.BINARY)),
  'HTTP structured': async (topic, event) => stored(await emit(topic, event, Mode.STRUCTURED)),
  // The SDK reads batches but does not write them.
  'HTTP batch': async (topic, event) => {
    const headers = { 'Content-Type': 'application/cloudevents-batch+json' }
    const answer = await fetch(`${base}/${topic}/events`, { method: 'POST', headers, body: JSON.stringify([event]) })
    return stored((await answer.json()).results[0])
  },
  'Kafka binary': (topic, event) => send(topic, Kafka.binary(event)),
  'Kafka structured': (topic, event) => send(topic, Kafka.structured(event)),
}

async function get(topic, offset, accept) {
  const place = `${base}/${topic}/partitions/0/events?offset=${offset}&max_events=1`
  const answer = await fetch(place, { headers: { accept } })
  if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`)
  const headers = Object.fromEntries(answer.headers)
  const type = headers['content-type']
  const body = Buffer.from(await answer.arrayBuffer())
  return { headers, body: isJson(type) || isText(type) ? body.toString() : body }
}

// The SDK does not undo what the standard says of header fields, nor does it know JSON by its suffix.
function decoded(event) {
  const { data, ...attributes } = event
  const plain = changed(attributes, value => (typeof value === 'string' ? decodeURIComponent(value) : value))
  return new CloudEvent({ ...plain, data: parsed(plain.datacontenttype, data) }, false)
}

function parsed(type, data) {
  const unread = typeof data === 'string' || Buffer.isBuffer(data)
  return isJson(type) && unread && data.length ? JSON.parse(data) : data
}

// What comes from kafkajs are buffers, which the SDK does not expect of headers and keys; no value it refuses.
function received({ key, value, headers }) {
  const texts = changed(headers, String)
  const type = texts['content-type']
  const body = value ?? Buffer.from(isJson(type) ? 'null' : '')
  const message = { key: key?.toString(), value: isText(type) ? body.toString() : body, headers: texts }
  const event = Kafka.toEvent(message)
  return event.cloneWith({ data: parsed(event.datacontenttype, event.data) }, false)
}

const readers = {
  'HTTP binary': async (topic, offset) => decoded(HTTP.toEvent(await get(topic, offset, '*/*'))),
  'HTTP structured': async (topic, offset) => HTTP.toEvent(await get(topic, offset, 'application/cloudevents+json')),
  'HTTP batch': async (topic, offset) => HTTP.toEvent(await get(topic, offset, 'application/cloudevents-batch+json'))[0],
  'HTTP stream': async (topic, offset, { told }) => told[offset],
  Kafka: async (topic, offset, { messages }) => received(messages[offset]),
}

// Every event of a topic, as browsers are told them.
async function listen(topic, count) {
  const answer = await fetch(`${base}/${topic}/events/stream?from=earliest`, { signal: AbortSignal.timeout(30000) })
  const got = []
  let text = ''
  for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (text + chunk).split('\n\n')
    text = blocks.pop()
    for (const [, body] of blocks.map(block => /^data: (.*)$/m.exec(block)).filter(Boolean))
      got.push(HTTP.toEvent({ headers: { 'content-type': 'application/cloudevents+json' }, body }))
    if (got.length === count) return got
  }
  throw new Error(`the stream ended after ${got.length} of ${count} events`)
}

// Every message of a topic, by its offset.
async function consume(topic, count) {
  const consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 100 })
  const got = []
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await new Promise((reached, failed) => {
    const eachMessage = async ({ message }) => void (got.push(message) === count && reached())
    setTimeout(() => failed(new Error(`${got.length} of ${count} messages`)), 30000).unref()
    consumer.run({ eachMessage })
  })
  await consumer.disconnect()
  return got
}

module.exports = { base, bytes, consume, emit, isJson, listen, producer, publishers, readers }
