//! Where a reader may begin.

use crate::clients::{at, poll, read, reader, received, send, topic, Record, PATIENCE};
use crate::records::{now, texts};
use crate::stage::{equal, within, Fault, Outcome, Stage};
use rdkafka::consumer::Consumer;
use rdkafka::Offset;
use std::time::{Duration, Instant};

pub fn play(stage: &Stage) {
    stage.scenario("from an offset, from a time, from latest", &[], || places(stage));
    stage.scenario("a fetch waits for the record and not for its time to end", &[], || waiting(stage));
}

fn places(stage: &Stage) -> Outcome {
    let topic = topic(stage, "places", 1)?;
    let start = now() - 60_000;
    let mut sent = texts(100);
    for (i, record) in sent.iter_mut().enumerate() {
        record.time = Some(start + i as i64 * 100);
    }
    send(stage, &topic, &sent, &[])?;
    equal(73, read(stage, &topic, 0, 73, 27)?[0].offset, "first offset")?;

    let consumer = reader(stage, &[])?;
    equal((0, 100), consumer.fetch_watermarks(&topic, 0, PATIENCE)?, "earliest and latest")?;
    let found = consumer.offsets_for_times(at(&topic, 0, Offset::Offset(start + 2950))?, PATIENCE)?;
    equal(Offset::Offset(30), found.elements()[0].offset(), "offset of a time")?;
    let none = consumer.offsets_for_times(at(&topic, 0, Offset::Offset(start + 60_000))?, PATIENCE)?;
    equal(Offset::End, none.elements()[0].offset(), "offset of a later time")?;
    consumer.assign(&found)?;
    equal(Some(start + 3000), poll(&consumer, 70)?[0].time, "timestamp of that offset")?;

    let consumer = reader(stage, &[])?;
    consumer.assign(&at(&topic, 0, Offset::End)?)?;
    let new = Record { value: Some(b"new".into()), ..Record::default() };
    let mut first = None;
    // Where the end is, the client finds out in its own time.
    within(30, "a new record", || {
        send(stage, &topic, &[new.clone()], &[])?;
        if let Some(message) = consumer.poll(Duration::from_millis(50)) {
            first = Some(received(&message?));
        }
        Ok(first.is_some())
    })?;
    let first = first.unwrap();
    equal((true, &new.value), (first.offset >= 100, &first.value), "what it begins with")
}

fn waiting(stage: &Stage) -> Outcome {
    let topic = topic(stage, "waiting", 1)?;
    let consumer = reader(stage, &[("fetch.wait.max.ms", "20000"), ("socket.timeout.ms", "60000")])?;
    consumer.assign(&at(&topic, 0, Offset::Beginning)?)?;
    send(stage, &topic, &texts(1), &[])?;
    poll(&consumer, 1)?;
    let began = Instant::now();
    send(stage, &topic, &texts(1), &[])?;
    poll(&consumer, 1)?;
    match began.elapsed() {
        took if took < Duration::from_secs(10) => Ok(()),
        took => Err(Fault(format!("the fetch came back after {took:?}"))),
    }
}
