//! Records go in and come out again, byte for byte.

use crate::clients::{read, send, topic, Record};
use crate::stage::{equal, Outcome, Stage};
use std::time::{SystemTime, UNIX_EPOCH};

const CODECS: [&str; 5] = ["none", "gzip", "snappy", "lz4", "zstd"];

pub fn play(stage: &Stage) {
    for codec in CODECS {
        stage.scenario(&format!("every shape of record, {codec}"), &[], || {
            round_trip(stage, shapes(), &[("compression.codec", codec)])
        });
    }
    for acks in ["0", "1", "all"] {
        stage.scenario(&format!("acks {acks}"), &[], || round_trip(stage, texts(100), &[("acks", acks)]));
    }
    stage.scenario("idempotent", &[], || round_trip(stage, texts(2000), &[("enable.idempotence", "true"), ("batch.size", "1000")]));
    for codec in CODECS {
        stage.scenario(&format!("records of a mebibyte, {codec}"), &[], || {
            let large = |seed| Record { key: Some(b"large".into()), value: Some(noise(seed, 1_048_000)), ..Record::default() };
            round_trip(stage, vec![large(1), large(2)], &[("compression.codec", codec)])
        });
    }
    stage.scenario("twenty thousand small records", &[], || round_trip(stage, texts(20_000), &[("compression.codec", "lz4")]));
}

fn round_trip(stage: &Stage, sent: Vec<Record>, settings: &[(&str, &str)]) -> Outcome {
    let topic = topic(stage, "records", 1)?;
    let offsets = send(stage, &topic, &sent, settings)?;
    if !settings.contains(&("acks", "0")) {
        equal((0..sent.len() as i64).collect(), offsets, "promised offsets")?;
    }
    let got = read(stage, &topic, 0, 0, sent.len())?;
    equal(sent.len(), got.len(), "how many records")?;
    for (i, (sent, got)) in sent.iter().zip(&got).enumerate() {
        equal(i as i64, got.offset, "offset")?;
        equal(&sent.key, &got.key, &format!("key of record {i}"))?;
        equal(&sent.value, &got.value, &format!("value of record {i}"))?;
        equal(&sent.headers, &got.headers, &format!("headers of record {i}"))?;
        if sent.time.is_some() {
            equal(sent.time, got.time, &format!("timestamp of record {i}"))?;
        }
    }
    Ok(())
}

pub fn texts(count: usize) -> Vec<Record> {
    let text = |i| Record {
        key: Some(format!("k{}", i % 7).into()),
        value: Some(format!("value {i}").into()),
        ..Record::default()
    };
    (0..count).map(text).collect()
}

/// What no codec makes smaller: xorshift.
fn noise(seed: u64, size: usize) -> Vec<u8> {
    let mut state = seed;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..size).map(next).collect()
}

pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

fn shapes() -> Vec<Record> {
    let every: Vec<u8> = (0..=255).collect();
    let some = |bytes: &[u8]| Some(bytes.to_vec());
    let pairs = [
        (some(b"key"), some(b"value")),
        (None, some(b"no key")),
        (some(b""), some(b"empty key")),
        (some(b"tombstone"), None),
        (some(b"empty value"), some(b"")),
        (None, None),
        (some(b""), some(b"")),
        (some(&every), some(&every)),
        (some("ключ".as_bytes()), some("значение ☃".as_bytes())),
        (some(b"large"), some("squeezable ".repeat(900).as_bytes())),
        (some(b"headers"), some(b"v")),
    ];
    let start = now() - 60_000;
    let record = |(i, (key, value))| Record { key, value, time: Some(start + i as i64), ..Record::default() };
    let mut out: Vec<Record> = pairs.into_iter().enumerate().map(record).collect();
    let values = [some(&every), some(b""), None, some(b"1"), some(b"2"), some(b"1")];
    let headers = &mut out.last_mut().unwrap().headers;
    headers.extend(values.map(|value| ("same".to_string(), value)));
    headers.push(("other".to_string(), some(b"value")));
    out
}
