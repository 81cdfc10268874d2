// A compacted topic has offsets without records: nobody may miss a record or stand still for that.
'use strict'
const assert = require('node:assert')
const h = require('./harness.js')

const CYCLES = 20 // each leaves one record that stays, and behind it batches that go
const CHURN = 10 // keys that are written again and again
const FILLER = 'filler' // the key of what closes the segment before, and nobody asks for
const configEntries = Object.entries({
  'cleanup.policy': 'compact',
  'segment.bytes': '65536',
  'min.cleanable.dirty.ratio': '0.01',
}).map(([name, value]) => ({ name, value }))

const record = (key, number) => ({ key, value: `${number} of ${key} ${'.'.repeat(600)}`, partition: 0 })
const fact = ({ offset, message }) => [offset, message.key.toString(), message.value.toString()]
const end = async topic => Number((await h.admin.fetchTopicOffsets(topic))[0].high)

// Sends what compaction makes gaps of: [[offset, key, value]].
async function rewrite(topic) {
  const sent = []
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    const producer = h.kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    const send = async messages => {
      const [{ baseOffset }] = await producer.send({ topic, acks: -1, messages })
      messages.forEach(({ key, value }, i) => sent.push([Number(baseOffset) + i, key, value]))
    }
    await send([record(`stays ${cycle}`, cycle)])
    for (let round = 0; round < 3; round++)
      await send(Array.from({ length: CHURN }, (_, key) => record(`churn ${key}`, 3 * cycle + round)))
    await producer.disconnect()
  }
  for (let i = 0; i < 3; i++) await h.produce(topic, [{ key: FILLER, value: '.'.repeat(30000), partition: 0 }])
  return sent
}

function lastOfEach(sent) {
  const last = new Map(sent.map(([offset, key]) => [key, offset]))
  return sent.filter(([offset, key]) => last.get(key) === offset)
}

// Reads where the group is, up to the record at `last`, which is committed; returns what is there without the filler.
async function readAsGroup(groupId, topic, last) {
  const consumer = h.groupOf(groupId)
  const got = []
  let reached = false
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ message }) => {
      const offset = Number(message.offset)
      if (offset > last) return
      got.push(fact({ offset, message }))
      await consumer.commitOffsets([{ topic, partition: 0, offset: String(offset + 1) }])
      reached = offset === last
    },
  })
  try {
    await h.within(20, `offset ${last}`, () => reached)
  } finally {
    await consumer.disconnect()
  }
  got.forEach(([offset], i) => assert.ok(i === 0 || offset > got[i - 1][0], `${offset} comes after ${got[i - 1]}`))
  return got.filter(([, key]) => key !== FILLER)
}

async function compaction() {
  const topic = h.name('compacted')
  let kept
  await h.scenario('compacted topic: the last value of every key, to the end of the log', async () => {
    await h.admin.createTopics({ topics: [{ topic, configEntries }] })
    kept = lastOfEach(await rewrite(topic))
    const last = (await end(topic)) - 1
    let found
    await h.within(30, 'the records before the last of each key are gone', async () => {
      found = await readAsGroup(h.name('compacted'), topic, last)
      return found.length <= kept.length
    })
    assert.deepStrictEqual(found, kept)
  })
  await h.scenario('compacted topic: a group commits before a gap and goes on behind it', async () => {
    const group = h.name('compacted')
    const middle = CYCLES / 2
    const committed = async () => {
      const [{ partitions }] = await h.admin.fetchOffsets({ groupId: group, topics: [topic] })
      return Number(partitions[0].offset)
    }
    const last = kept[middle][0]
    assert.deepStrictEqual(await readAsGroup(group, topic, last), kept.slice(0, middle + 1))
    assert.strictEqual(await committed(), last + 1)
    const lastOfAll = (await end(topic)) - 1
    assert.deepStrictEqual(await readAsGroup(group, topic, lastOfAll), kept.slice(middle + 1))
    assert.strictEqual(await committed(), lastOfAll + 1)
  })
}

module.exports = { compaction }
