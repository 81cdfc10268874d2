// kafkajs against the daemon: node scenarios.js ADDRESS PREFIX, or node scenarios.js member GROUP TOPIC ADDRESS PREFIX.
'use strict'
const assert = require('node:assert')
const { randomBytes } = require('node:crypto')
const { spawn } = require('node:child_process')
const { ConfigResourceTypes } = require('kafkajs')
const { compaction } = require('./compaction.js')
const h = require('./harness.js')

const codecs = [['none', 0], ['gzip', 1], ['snappy', 2], ['lz4', 3], ['zstd', 4]]

const every = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
const corpus = [
  { key: 'key', value: 'value' },
  { key: null, value: 'no key' },
  { key: '', value: 'empty key' },
  { key: 'tombstone', value: null },
  { key: 'empty value', value: '' },
  { key: null, value: null },
  { key: every, value: every },
  { key: 'ключ', value: 'значение ☃' },
  { key: 'headers', value: 'v', headers: { one: 'value', empty: '', bytes: every } },
  { key: 'twice', value: 'v', headers: { same: ['1', '2', '1'] } },
  { key: 'large', value: 'squeezable '.repeat(900) },
].map((record, i) => ({ ...record, timestamp: String(Date.now() - 60000 + i) }))

const bytes = thing => (thing === null || thing === undefined ? null : Buffer.from(thing))

function same(sent, got) {
  assert.strictEqual(got.length, sent.length)
  sent.forEach((record, i) => {
    const { message, offset } = got[i]
    assert.strictEqual(offset, i)
    assert.deepStrictEqual(message.key, bytes(record.key), `key of record ${i}`)
    assert.deepStrictEqual(message.value, bytes(record.value), `value of record ${i}`)
    if (record.timestamp) assert.strictEqual(message.timestamp, record.timestamp)
    for (const [header, value] of Object.entries(record.headers || {})) {
      const expected = Array.isArray(value) ? value.map(bytes) : bytes(value)
      assert.deepStrictEqual(message.headers[header], expected, `header ${header} of record ${i}`)
    }
  })
}

const texts = count => Array.from({ length: count }, (_, i) => ({ key: `k${i % 7}`, value: `value ${i}`, partition: 0 }))

async function producing() {
  for (const [codec, compression] of codecs)
    await h.scenario(`every shape of record, ${codec}`, async () => {
      const topic = await h.newTopic('shapes')
      await h.produce(topic, corpus, { compression })
      same(corpus, await h.read(topic, corpus.length))
    })
  for (const [word, acks] of [['0', 0], ['1', 1], ['all', -1]])
    await h.scenario(`acks ${word}`, async () => {
      const topic = await h.newTopic('acks')
      await h.produce(topic, texts(100), { acks })
      same(texts(100), await h.read(topic, 100))
    })
  await h.scenario('idempotent', async () => {
    const topic = await h.newTopic('idempotent')
    await h.produce(topic, texts(100), { idempotent: true, compression: 1 })
    same(texts(100), await h.read(topic, 100))
  })
  for (const [codec, compression] of codecs)
    await h.scenario(`records of a mebibyte, ${codec}`, async () => {
      const topic = await h.newTopic('large')
      const sent = [1, 2].map(() => ({ key: 'large', value: randomBytes(1048000) }))
      for (const message of sent) await h.produce(topic, [message], { compression })
      same(sent, await h.read(topic, 2))
    })
  await h.scenario('twenty thousand small records', async () => {
    const topic = await h.newTopic('small')
    const sent = texts(20000)
    for (let i = 0; i < sent.length; i += 1000) await h.produce(topic, sent.slice(i, i + 1000), { compression: 1 })
    same(sent, await h.read(topic, sent.length))
  })
}

async function reading() {
  const topic = await h.newTopic('positions')
  const start = Date.now() - 60000
  await h.produce(topic, texts(100).map((m, i) => ({ ...m, timestamp: String(start + i * 100) })))
  await h.scenario('from an offset', async () => {
    const got = await h.read(topic, 27, { offsets: { 0: 73 } })
    assert.deepStrictEqual(got.map(g => g.offset), Array.from({ length: 27 }, (_, i) => 73 + i))
  })
  await h.scenario('from a time', async () => {
    const found = await h.admin.fetchTopicOffsetsByTimestamp(topic, start + 2950)
    assert.deepStrictEqual(found, [{ partition: 0, offset: '30' }])
    const got = await h.read(topic, 70, { offsets: { 0: 30 } })
    assert.strictEqual(got[0].message.value.toString(), 'value 30')
  })
  await h.scenario('from latest', async () => {
    const consumer = h.groupOf(h.name('latest'))
    const got = []
    const reached = new Promise(fetched => consumer.on(consumer.events.FETCH, fetched))
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: false })
    await consumer.run({ eachMessage: async ({ message }) => void got.push(message.value.toString()) })
    await reached
    await h.produce(topic, [{ value: 'new' }])
    await h.within(20, 'the new record', () => got.length)
    await consumer.disconnect()
    assert.deepStrictEqual(got, ['new'])
  })
}

class Member {
  constructor(groupId, topic) {
    this.consumer = h.groupOf(groupId)
    this.held = []
    this.consumer.on(this.consumer.events.GROUP_JOIN, e => (this.held = e.payload.memberAssignment[topic] || []))
    this.seen = []
    this.topic = topic
  }
  async start() {
    await this.consumer.connect()
    await this.consumer.subscribe({ topics: [this.topic], fromBeginning: true })
    await this.consumer.run({ eachMessage: async ({ partition, message }) => void this.seen.push(`${partition}/${message.offset}`) })
    return this
  }
}

async function groups() {
  await h.scenario('members join, leave, crash and rebalance', async () => {
    const topic = await h.newTopic('group', 4)
    const group = h.name('group')
    const spread = (...members) => {
      const held = members.flatMap(m => m.held)
      return held.length === 4 && new Set(held).size === 4 && members.every(m => m.held.length)
    }
    const first = await new Member(group, topic).start()
    await h.within(20, 'one member holds all', () => spread(first))
    const second = await new Member(group, topic).start()
    await h.within(20, 'two members share', () => spread(first, second))
    await second.consumer.disconnect()
    await h.within(20, 'the one that stays holds all', () => spread(first))
    const other = spawn(process.execPath, [__filename, 'member', group, topic, h.address, h.prefix])
    await h.within(20, 'a process joins', () => first.held.length === 2)
    other.kill('SIGKILL')
    await h.within(20, 'the crashed member is replaced', () => spread(first))
    await h.produce(topic, [0, 1, 2, 3].map(partition => ({ partition, value: 'after' })))
    await h.within(20, 'all partitions are read', () => first.seen.length === 4)
    await first.consumer.disconnect()
  })
}

async function administration() {
  await h.scenario('topics: create, describe, list, delete', async () => {
    const topic = await h.newTopic('admin', 3)
    assert.ok((await h.admin.listTopics()).includes(topic))
    const { topics } = await h.admin.fetchTopicMetadata({ topics: [topic] })
    assert.strictEqual(topics[0].partitions.length, 3)
    await assert.rejects(h.admin.createTopics({ topics: [{ topic: h.name('none'), numPartitions: 0 }] }))
    assert.strictEqual(await h.admin.createTopics({ topics: [{ topic }] }), false)
    await h.admin.deleteTopics({ topics: [topic] })
    await h.within(10, 'the topic is gone', async () => !(await h.admin.listTopics()).includes(topic))
  })
  await h.scenario('configs: describe', async () => {
    const topic = h.name('configs')
    const configEntries = [{ name: 'retention.ms', value: '12345000' }]
    await h.admin.createTopics({ topics: [{ topic, configEntries }] })
    assert.strictEqual(await retention(topic), '12345000')
  })
  await h.scenario('configs: alter', async () => {
    const topic = await h.newTopic('configs')
    const configEntries = [{ name: 'retention.ms', value: '54321000' }]
    await h.admin.alterConfigs({ resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }] })
    assert.strictEqual(await retention(topic), '54321000')
  }, [33])
  await h.scenario('partitions: add', async () => {
    const topic = await h.newTopic('grow', 1)
    await h.admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] })
    await h.within(10, 'three partitions', async () => (await h.admin.fetchTopicOffsets(topic)).length === 3)
  }, [37])
  await h.scenario('records: delete up to an offset', async () => {
    const topic = await h.newTopic('cut')
    await h.produce(topic, texts(10))
    await h.admin.fetchTopicOffsets(topic) // it looks the leader up before it asks for the topic's metadata
    await h.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '4' }] })
    assert.deepStrictEqual(
      (await h.admin.fetchTopicOffsets(topic)).map(({ low, high }) => [low, high]),
      [['4', '10']]
    )
  }, [21])
  await h.scenario('groups: list, describe, offsets', async () => {
    const topic = await h.newTopic('offsets')
    const group = h.name('offsets')
    await h.produce(topic, texts(5))
    const member = await new Member(group, topic).start()
    await h.within(20, 'all is read', () => member.seen.length === 5)
    const { groups } = await h.admin.describeGroups([group])
    assert.deepStrictEqual([groups[0].state, groups[0].members.length, groups[0].protocol], ['Stable', 1, 'RoundRobinAssigner'])
    await member.consumer.disconnect()
    assert.ok((await h.admin.listGroups()).groups.some(g => g.groupId === group))
    const offset = async () => (await h.admin.fetchOffsets({ groupId: group, topics: [topic] }))[0].partitions[0].offset
    assert.strictEqual(await offset(), '5')
    await h.admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 0, offset: '2' }] })
    assert.strictEqual(await offset(), '2')
  })
  await h.scenario('groups: delete', async () => {
    const topic = await h.newTopic('gone')
    const group = h.name('gone')
    await h.produce(topic, texts(1))
    await h.read(topic, 1, { groupId: group })
    await h.admin.deleteGroups([group])
    assert.ok(!(await h.admin.listGroups()).groups.some(g => g.groupId === group))
  }, [42])
  await h.scenario('cluster: describe', async () => {
    const { brokers, controller, clusterId } = await h.admin.describeCluster()
    assert.strictEqual(brokers.length, 1)
    assert.strictEqual(controller, brokers[0].nodeId)
    assert.ok(clusterId)
  })
}

async function retention(topic) {
  const asked = { type: ConfigResourceTypes.TOPIC, name: topic, configNames: ['retention.ms'] }
  const { resources } = await h.admin.describeConfigs({ resources: [asked], includeSynonyms: false })
  return resources[0].configEntries[0].configValue
}

async function durability() {
  await h.scenario('kill -9: nothing lost, nothing twice, the group goes on where it was', async () => {
    const topic = await h.newTopic('durable', 2)
    const group = h.name('durable')
    const acked = [[], []]
    let batches = 0
    let stop = false
    const producer = h.kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    const load = (async () => {
      for (let n = 0; !stop; n++) {
        const partition = n % 2
        const messages = Array.from({ length: 20 }, (_, i) => ({ partition, value: `${n}-${i}` }))
        const [{ baseOffset, errorCode }] = await producer.send({ topic, acks: -1, messages })
        assert.strictEqual(errorCode, 0)
        messages.forEach(({ value }, i) => acked[partition].push([Number(baseOffset) + i, value]))
        batches++
      }
    })()
    await h.within(20, 'the load runs', () => batches > 20)
    const committed = {}
    const consumer = h.groupOf(group)
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => {
        const next = Number(message.offset) + 1
        if (next % 50) return
        await consumer.commitOffsets([{ topic, partition, offset: String(next) }])
        committed[partition] = next
      },
    })
    await h.within(20, 'commits', () => committed[0] && committed[1])
    await consumer.disconnect()
    await h.ask('crash')
    const before = batches
    await h.within(30, 'the producer goes on', () => batches > before + 20)
    stop = true
    await load
    await producer.disconnect()
    const count = acked[0].length + acked[1].length
    const left = count - committed[0] - committed[1]
    const resumed = await h.read(topic, left, { groupId: group })
    for (const partition of [0, 1])
      assert.strictEqual(resumed.find(g => g.partition === partition).offset, committed[partition])
    const all = await h.read(topic, count)
    for (const partition of [0, 1]) {
      const held = all.filter(g => g.partition === partition).map(g => [g.offset, g.message.value.toString()])
      assert.deepStrictEqual(held, acked[partition])
    }
  })
}

async function main() {
  await h.prepare()
  if (process.argv[2] === 'member') return void (await new Member(process.argv[3], process.argv[4]).start())
  await h.admin.connect()
  for (const part of [producing, reading, compaction, groups, administration, durability]) await part()
  await h.admin.disconnect()
  process.exit(0)
}

main()
