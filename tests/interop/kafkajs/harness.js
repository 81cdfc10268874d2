// What the scenarios of kafkajs are told in: waiting with a bound, reading a topic, and one line for each scenario.
'use strict'
const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = require('kafkajs')
const lz4 = require('lz4-napi')
const { ZstdCodec } = require('zstd-codec')

const [address, prefix] = process.argv.slice(2).slice(-2)
const apis = new Map(
  (process.env.APIS || '').split(' ').filter(Boolean).map(word => {
    const [key, range] = word.split(':')
    return [Number(key), Number(range.split('-')[1])]
  })
)

CompressionCodecs[CompressionTypes.Snappy] = require('kafkajs-snappy')
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: async encoder => lz4.compressFrame(encoder.buffer),
  decompress: async buffer => lz4.decompressFrame(buffer),
})
let zstd
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async encoder => Buffer.from(zstd.compress(encoder.buffer)),
  decompress: async buffer => Buffer.from(zstd.decompress(buffer)),
})

const kafka = new Kafka({
  clientId: 'interop',
  brokers: [address],
  logLevel: logLevel.NOTHING,
  retry: { initialRetryTime: 20, maxRetryTime: 200, retries: 100 },
})
const admin = kafka.admin()

let names = 0
const name = what => `${prefix}-${what}-${++names}`

async function newTopic(what, numPartitions = 1) {
  const topic = name(what)
  await admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor: 1 }], waitForLeaders: true })
  return topic
}

const groupOf = (groupId, more = {}) =>
  kafka.consumer({ groupId, sessionTimeout: 2000, heartbeatInterval: 200, rebalanceTimeout: 5000, maxWaitTimeInMs: 100, ...more })

async function within(seconds, what, condition) {
  const end = Date.now() + seconds * 1000
  for (;;) {
    const value = await condition()
    if (value) return value
    if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s`)
    await new Promise(next => setTimeout(next, 10))
  }
}

// The first `count` messages of a topic, as { partition, offset, message }; `offsets` seeks, one for each partition.
async function read(topic, count, { groupId = name('reader'), offsets = null, more = {} } = {}) {
  const consumer = groupOf(groupId, more)
  const got = []
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => void got.push({ partition, offset: Number(message.offset), message }),
    })
    for (const [partition, offset] of Object.entries(offsets || {}))
      consumer.seek({ topic, partition: Number(partition), offset: String(offset) })
    await within(30, `${count} messages of ${topic}`, () => got.length >= count)
  } finally {
    await consumer.disconnect()
  }
  return got
}

async function produce(topic, messages, { acks = -1, compression = CompressionTypes.None, idempotent = false } = {}) {
  const producer = kafka.producer({ idempotent, maxInFlightRequests: idempotent ? 1 : 5, allowAutoTopicCreation: false })
  await producer.connect()
  try {
    return await producer.send({ topic, acks, compression, messages })
  } finally {
    await producer.disconnect()
  }
}

async function scenario(what, story, needs = []) {
  const missing = needs.filter(key => !apis.has(key))
  if (missing.length) return console.log(`off ${what}: API ${missing} is not served`)
  try {
    await story()
    console.log(`ok ${what}`)
  } catch (e) {
    console.log(`not ok ${what}: ${String(e.message).replace(/\s+/g, ' ').slice(0, 500)}`)
  }
}

// Asks the runner for something it does to the broker, and waits until it has.
const ask = word =>
  new Promise(answered => {
    process.stdin.once('data', answered)
    console.log(word)
  })

const prepare = () => new Promise(ready => ZstdCodec.run(z => ((zstd = new z.Simple()), ready())))

module.exports = { CompressionTypes, address, admin, ask, groupOf, kafka, name, newTopic, prepare, prefix, produce, read, scenario, within }
