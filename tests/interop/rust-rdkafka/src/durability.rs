//! The broker is killed under an idempotent producer and a group that commits.

use crate::clients::{at, enqueue, producer, read, reader, topic, Record, Sender, PATIENCE};
use crate::groups::Member;
use crate::stage::{equal, within, Fault, Outcome, Stage};
use rdkafka::consumer::Consumer;
use rdkafka::producer::Producer;
use rdkafka::Offset;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub fn play(stage: &Stage) {
    stage.scenario("kill -9: nothing lost, nothing twice, the group goes on where it was", &[], || kill(stage));
}

type Offsets = BTreeMap<i32, i64>;

fn text(number: usize) -> String {
    format!("value {number}")
}

/// Sends one record after the other to two partitions, at most a thousand at a time, until it is told to stop.
fn load(producer: &Sender, topic: &str, stop: &AtomicBool) -> Outcome {
    for number in 0.. {
        while producer.in_flight_count() >= 1000 && !stop.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(1));
        }
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let record = Record { partition: number as i32 % 2, value: Some(text(number).into()), ..Record::default() };
        enqueue(producer, topic, number, &record)?;
    }
    Ok(producer.flush(Duration::from_secs(60))?)
}

fn kill(stage: &Stage) -> Outcome {
    let (topic, group) = (topic(stage, "durable", 2)?, stage.name("durable"));
    let producer = producer(stage, &[("enable.idempotence", "true"), ("reconnect.backoff.ms", "20")])?;
    let stop = AtomicBool::new(false);
    let committed = std::thread::scope(|scope| -> Outcome<Offsets> {
        let loading = scope.spawn(|| load(&producer, &topic, &stop));
        let story = crash(stage, &producer, &topic, &group);
        stop.store(true, Ordering::Relaxed);
        loading.join().map_err(|_| Fault("the load panicked".into()))??;
        story
    })?;
    equal(&committed, &asked(stage, &topic, &group)?, "committed after the crash")?;
    equal(&committed, &begins(stage, &topic, &group)?, "where the group goes on")?;
    for partition in [0, 1] {
        compare(stage, &producer, &topic, partition)?;
    }
    Ok(())
}

fn crash(stage: &Stage, producer: &Sender, topic: &str, group: &str) -> Outcome<Offsets> {
    let answered = || producer.context().said.lock().unwrap().len();
    within(20, "the load runs", || Ok(answered() > 2000))?;
    let commits = Arc::new(Mutex::new(Offsets::new()));
    let noted = commits.clone();
    let member = Member::join(&stage.address, group, topic, &[], move |r| {
        let now = r.offset % 50 == 49;
        if now {
            noted.lock().unwrap().insert(r.partition, r.offset + 1);
        }
        now
    })?;
    within(20, "commits of both partitions", || Ok(commits.lock().unwrap().len() == 2))?;
    member.leave()?;
    stage.ask("crash")?;
    let before = answered();
    within(40, "the producer goes on", || Ok(answered() > before + 2000))?;
    let last = commits.lock().unwrap().clone();
    Ok(last)
}

fn asked(stage: &Stage, topic: &str, group: &str) -> Outcome<Offsets> {
    let mut list = at(topic, 0, Offset::Invalid)?;
    list.add_partition(topic, 1);
    let found = reader(stage, &[("group.id", group)])?.committed_offsets(list, PATIENCE)?;
    Ok(found.elements().iter().map(|p| (p.partition(), p.offset().to_raw().unwrap_or(-1))).collect())
}

/// The offset of the first record of each partition that a new member is given.
fn begins(stage: &Stage, topic: &str, group: &str) -> Outcome<Offsets> {
    let begun = Arc::new(Mutex::new(Offsets::new()));
    let noted = begun.clone();
    let member = Member::join(&stage.address, group, topic, &[], move |r| {
        noted.lock().unwrap().entry(r.partition).or_insert(r.offset);
        false
    })?;
    within(20, "both partitions go on", || Ok(begun.lock().unwrap().len() == 2))?;
    member.leave()?;
    let first = begun.lock().unwrap().clone();
    Ok(first)
}

/// Every record was promised an offset, and the partition holds it there and nothing else.
fn compare(stage: &Stage, producer: &Sender, topic: &str, partition: i32) -> Outcome {
    let mut promised = BTreeMap::new();
    for (number, answer) in producer.context().said.lock().unwrap().iter() {
        match answer {
            Ok((p, offset)) if *p == partition => {
                if let Some(other) = promised.insert(*offset, text(*number)) {
                    return Err(Fault(format!("offset {offset} was given to {other} and {}", text(*number))));
                }
            }
            Ok(_) => (),
            Err(why) => return Err(Fault(format!("{}: {why}", text(*number)))),
        }
    }
    let (_, end) = reader(stage, &[])?.fetch_watermarks(topic, partition, PATIENCE)?;
    let held = read(stage, topic, partition, 0, end as usize)?;
    let value = |r: Record| (r.offset, String::from_utf8_lossy(&r.value.unwrap_or_default()).into_owned());
    equal(promised, held.into_iter().map(value).collect(), &format!("what partition {partition} holds"))
}
