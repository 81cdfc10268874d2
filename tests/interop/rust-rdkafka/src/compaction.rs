//! A compacted topic has offsets without records: nobody may miss a record or stand still for that.

use crate::clients::{at, create, reader, received, send, Record, PATIENCE};
use crate::groups::Member;
use crate::stage::{equal, within, Fault, Outcome, Stage};
use rdkafka::consumer::Consumer;
use rdkafka::Offset;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const CYCLES: usize = 20; // each leaves one record that stays, and behind it batches that go
const CHURN: usize = 10; // keys that are written again and again
const FILLER: &[u8] = b"filler"; // the key of what closes the segment before, and nobody asks for
const COMPACTS: [(&str, &str); 3] = [("cleanup.policy", "compact"), ("segment.bytes", "65536"), ("min.cleanable.dirty.ratio", "0.01")];

/// Offset, key and value.
type Fact = (i64, String, String);

pub fn play(stage: &Stage) {
    let (topic, kept) = (stage.name("compacted"), RefCell::new(Vec::new()));
    stage.scenario("compacted topic: the last value of every key, to the end of the log", &[], || {
        *kept.borrow_mut() = every_key(stage, &topic)?;
        Ok(())
    });
    for (protocol, needs) in [("classic", &[][..]), ("consumer", &[68])] {
        let what = format!("compacted topic: a group commits before a gap and goes on behind it, {protocol}");
        stage.scenario(&what, needs, || across_a_gap(stage, &topic, &kept.borrow(), protocol));
    }
}

fn every_key(stage: &Stage, topic: &str) -> Outcome<Vec<Fact>> {
    if let Err(code) = create(stage, topic, 1, 1, &COMPACTS)? {
        return Err(Fault(format!("create {topic}: error {code}")));
    }
    let kept = last_of_each(rewrite(stage, topic)?);
    let mut found = Vec::new();
    within(30, "the records before the last of each key are gone", || {
        found = read_to_end(stage, topic)?;
        Ok(found.len() <= kept.len())
    })?;
    equal(&kept, &found, "what is left")?;
    Ok(kept)
}

fn across_a_gap(stage: &Stage, topic: &str, kept: &[Fact], protocol: &str) -> Outcome {
    let (group, middle) = (stage.name("compacted"), CYCLES / 2);
    let last = kept.get(middle).ok_or("nothing is left")?.0;
    equal(&kept[..=middle], &read_as_group(stage, &group, topic, last, protocol)?[..], "what the group reads first")?;
    equal(Offset::Offset(last + 1), committed(stage, &group, topic)?, "committed")?;
    let end = end(stage, topic)?;
    equal(&kept[middle + 1..], &read_as_group(stage, &group, topic, end - 1, protocol)?[..], "what the group reads then")?;
    equal(Offset::Offset(end), committed(stage, &group, topic)?, "committed at the end")
}

/// Sends what compaction makes gaps of, and enough behind it to close the segment.
fn rewrite(stage: &Stage, topic: &str) -> Outcome<Vec<Record>> {
    let text = |key: String, number: usize| Record {
        value: Some(format!("{number} of {key} {}", ".".repeat(600)).into()),
        key: Some(key.into()),
        ..Record::default()
    };
    let mut sent: Vec<Record> = Vec::new();
    for cycle in 0..CYCLES {
        let mut records = vec![text(format!("stays {cycle}"), cycle)];
        for round in 0..3 {
            records.extend((0..CHURN).map(|key| text(format!("churn {key}"), 3 * cycle + round)));
        }
        // Small batches, so that some go altogether.
        let offsets = send(stage, topic, &records, &[("enable.idempotence", "true"), ("batch.num.messages", "5")])?;
        for (record, offset) in records.iter_mut().zip(offsets) {
            record.offset = offset;
        }
        sent.extend(records);
    }
    let filler = Record { key: Some(FILLER.into()), value: Some(vec![b'.'; 30_000]), ..Record::default() };
    send(stage, topic, &[filler.clone(), filler.clone(), filler], &[("batch.num.messages", "1")])?;
    Ok(sent)
}

fn last_of_each(sent: Vec<Record>) -> Vec<Fact> {
    let last: HashMap<_, _> = sent.iter().map(|r| (r.key.clone(), r.offset)).collect();
    sent.iter().filter(|r| last[&r.key] == r.offset).map(fact).collect()
}

fn fact(record: &Record) -> Fact {
    let text = |bytes: &Option<Vec<u8>>| String::from_utf8_lossy(bytes.as_deref().unwrap_or_default()).into_owned();
    (record.offset, text(&record.key), text(&record.value))
}

fn without_filler(records: &[Record]) -> Vec<Fact> {
    records.iter().filter(|r| r.key.as_deref() != Some(FILLER)).map(fact).collect()
}

fn end(stage: &Stage, topic: &str) -> Outcome<i64> {
    Ok(reader(stage, &[])?.fetch_watermarks(topic, 0, PATIENCE)?.1)
}

fn committed(stage: &Stage, group: &str, topic: &str) -> Outcome<Offset> {
    let found = reader(stage, &[("group.id", group)])?.committed_offsets(at(topic, 0, Offset::Invalid)?, PATIENCE)?;
    Ok(found.elements()[0].offset())
}

fn read_to_end(stage: &Stage, topic: &str) -> Outcome<Vec<Fact>> {
    let (end, consumer) = (end(stage, topic)?, reader(stage, &[])?);
    consumer.assign(&at(topic, 0, Offset::Beginning)?)?;
    let mut got: Vec<Record> = Vec::new();
    within(30, "the end", || {
        if let Some(message) = consumer.poll(Duration::from_millis(100)) {
            got.push(received(&message?));
        }
        Ok(got.last().is_some_and(|r| r.offset >= end - 1))
    })?;
    equal(true, got.windows(2).all(|pair| pair[0].offset < pair[1].offset), "whether offsets ascend")?;
    Ok(without_filler(&got))
}

/// Goes on where the group is, commits each record up to the one at `last`, and returns these without the filler.
fn read_as_group(stage: &Stage, group: &str, topic: &str, last: i64, protocol: &str) -> Outcome<Vec<Fact>> {
    let got = Arc::new(Mutex::new(Vec::<Record>::new()));
    let noted = got.clone();
    let member = Member::join(&stage.address, group, topic, &[("group.protocol", protocol)], move |r| {
        let wanted = r.offset <= last;
        if wanted {
            noted.lock().unwrap().push(r);
        }
        wanted
    })?;
    within(20, &format!("offset {last}"), || Ok(got.lock().unwrap().last().is_some_and(|r| r.offset == last)))?;
    member.leave()?;
    let got = got.lock().unwrap();
    Ok(without_filler(&got))
}
