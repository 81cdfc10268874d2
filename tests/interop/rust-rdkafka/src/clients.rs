//! Producers, readers and the administrator, each with what all scenarios want of it.

use crate::stage::{Fault, Outcome, Stage};
use futures_executor::block_on;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{DeliveryResult, Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer, ProducerContext, ThreadedProducer};
use rdkafka::{ClientConfig, ClientContext, Offset, TopicPartitionList};
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

pub const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Clone, Default)]
pub struct Record {
    pub partition: i32,
    pub offset: i64,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub headers: Vec<(String, Option<Vec<u8>>)>,
    pub time: Option<i64>,
}

/// What the broker said of each record, by the number that it was sent with.
#[derive(Default)]
pub struct Answers {
    pub said: Mutex<HashMap<usize, Result<(i32, i64), String>>>,
}

impl ClientContext for Answers {}

impl ProducerContext for Answers {
    type DeliveryOpaque = Box<usize>;

    fn delivery(&self, result: &DeliveryResult<'_>, number: Box<usize>) {
        let said = match result {
            Ok(message) => Ok((message.partition(), message.offset())),
            Err((error, _)) => Err(error.to_string()),
        };
        self.said.lock().unwrap().insert(*number, said);
    }
}

pub type Sender = ThreadedProducer<Answers>;

pub fn config(stage: &Stage, settings: &[(&str, &str)]) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &stage.address);
    config.set("reconnect.backoff.max.ms", "500");
    for (key, value) in settings {
        config.set(*key, *value);
    }
    config
}

pub fn producer(stage: &Stage, settings: &[(&str, &str)]) -> Outcome<Sender> {
    let mut config = config(stage, &[("linger.ms", "2"), ("message.max.bytes", "1048588")]);
    for (key, value) in settings {
        config.set(*key, *value);
    }
    Ok(config.create_with_context(Answers::default())?)
}

pub fn enqueue(producer: &Sender, topic: &str, number: usize, record: &Record) -> Outcome {
    let mut sent = BaseRecord::<[u8], [u8], _>::with_opaque_to(topic, Box::new(number)).partition(record.partition);
    sent.key = record.key.as_deref();
    sent.payload = record.value.as_deref();
    sent.timestamp = record.time;
    if !record.headers.is_empty() {
        let mut headers = OwnedHeaders::new();
        for (key, value) in &record.headers {
            headers = headers.insert(Header { key, value: value.as_ref() });
        }
        sent.headers = Some(headers);
    }
    Ok(producer.send(sent).map_err(|(error, _)| error)?)
}

/// Sends all, and wants an answer for each; the offsets come back in the order of the records.
pub fn send(stage: &Stage, topic: &str, records: &[Record], settings: &[(&str, &str)]) -> Outcome<Vec<i64>> {
    let producer = producer(stage, settings)?;
    for (number, record) in records.iter().enumerate() {
        enqueue(&producer, topic, number, record)?;
    }
    producer.flush(PATIENCE)?;
    let said = producer.context().said.lock().unwrap();
    let offset = |number| match said.get(&number) {
        Some(Ok((_, offset))) => Ok(*offset),
        other => Err(Fault(format!("record {number}: {other:?}"))),
    };
    (0..records.len()).map(offset).collect()
}

/// A consumer that is given its partitions and belongs to no group.
pub fn reader(stage: &Stage, settings: &[(&str, &str)]) -> Outcome<BaseConsumer> {
    let own = stage.name("reader");
    let mut config = config(stage, &[("group.id", &own), ("enable.auto.commit", "false"), ("fetch.wait.max.ms", "100")]);
    for (key, value) in settings {
        config.set(*key, *value);
    }
    Ok(config.create()?)
}

pub fn at(topic: &str, partition: i32, offset: Offset) -> Outcome<TopicPartitionList> {
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, partition, offset)?;
    Ok(list)
}

pub fn received(message: &impl Message) -> Record {
    let headers = match message.headers() {
        Some(headers) => headers.iter().map(|h| (h.key.to_string(), h.value.map(Vec::from))).collect(),
        None => Vec::new(),
    };
    Record {
        partition: message.partition(),
        offset: message.offset(),
        key: message.key().map(Vec::from),
        value: message.payload().map(Vec::from),
        headers,
        time: message.timestamp().to_millis(),
    }
}

pub fn poll(consumer: &BaseConsumer, count: usize) -> Outcome<Vec<Record>> {
    let mut got = Vec::new();
    let end = Instant::now() + Duration::from_secs(30);
    while got.len() < count {
        if Instant::now() > end {
            return Err(Fault(format!("{} of {count} records within 30 s", got.len())));
        }
        if let Some(message) = consumer.poll(Duration::from_millis(100)) {
            got.push(received(&message?));
        }
    }
    Ok(got)
}

pub fn read(stage: &Stage, topic: &str, partition: i32, from: i64, count: usize) -> Outcome<Vec<Record>> {
    let consumer = reader(stage, &[])?;
    consumer.assign(&at(topic, partition, Offset::Offset(from))?)?;
    poll(&consumer, count)
}

pub fn admin(stage: &Stage) -> Outcome<AdminClient<DefaultClientContext>> {
    Ok(config(stage, &[]).create()?)
}

pub fn create(stage: &Stage, topic: &str, partitions: i32, replicas: i32, configs: &[(&str, &str)]) -> Outcome<Result<(), i32>> {
    let mut wanted = NewTopic::new(topic, partitions, TopicReplication::Fixed(replicas));
    for (name, value) in configs {
        wanted = wanted.set(name, value);
    }
    let answers = block_on(admin(stage)?.create_topics([&wanted], &AdminOptions::new()))?;
    Ok(answers[0].as_ref().map(|_| ()).map_err(|(_, code)| *code as i32))
}

pub fn topic(stage: &Stage, what: &str, partitions: i32) -> Outcome<String> {
    let topic = stage.name(what);
    match create(stage, &topic, partitions, 1, &[])? {
        Ok(()) => Ok(topic),
        Err(code) => Err(Fault(format!("create {topic}: error {code}"))),
    }
}
