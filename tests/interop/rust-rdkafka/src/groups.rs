//! Members that come, go and die; the classic protocol with each of its assignors, and the newer one where it is served.

use crate::clients::{received, send, topic, Record};
use crate::stage::{equal, within, Fault, Outcome, Stage};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::ClientConfig;
use std::collections::BTreeSet;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// A member with a thread of its own, which polls until it is told to leave.
pub struct Member {
    consumer: Arc<BaseConsumer>,
    leaving: Arc<AtomicBool>,
    thread: Option<JoinHandle<Outcome>>,
}

impl Member {
    /// `each` sees every record and says whether it is to be committed.
    pub fn join(
        address: &str, group: &str, topic: &str, settings: &[(&str, &str)], mut each: impl FnMut(Record) -> bool + Send + 'static,
    ) -> Outcome<Member> {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", address).set("group.id", group).set("enable.auto.commit", "false");
        config.set("auto.offset.reset", "earliest").set("fetch.wait.max.ms", "100");
        if !settings.contains(&("group.protocol", "consumer")) {
            config.set("session.timeout.ms", "2000").set("heartbeat.interval.ms", "100");
        }
        for (key, value) in settings {
            config.set(*key, *value);
        }
        let consumer: Arc<BaseConsumer> = Arc::new(config.create()?);
        consumer.subscribe(&[topic])?;
        let leaving = Arc::new(AtomicBool::new(false));
        let (polled, told) = (consumer.clone(), leaving.clone());
        let thread = std::thread::spawn(move || {
            while !told.load(Ordering::Relaxed) {
                if let Some(message) = polled.poll(Duration::from_millis(20)) {
                    let message = message?;
                    if each(received(&message)) {
                        polled.commit_message(&message, CommitMode::Sync)?;
                    }
                }
            }
            Ok(())
        });
        Ok(Member { consumer, leaving, thread: Some(thread) })
    }

    pub fn held(&self) -> Outcome<BTreeSet<i32>> {
        Ok(self.consumer.assignment()?.elements().iter().map(|p| p.partition()).collect())
    }

    /// The consumer closes itself as it goes out of scope.
    pub fn leave(mut self) -> Outcome {
        self.leaving.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().map_err(|_| Fault("a member panicked".into()))?
    }
}

/// One that a story leaves behind as it fails; `leave` has been here otherwise.
impl Drop for Member {
    fn drop(&mut self) {
        self.leaving.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

pub fn play(stage: &Stage) {
    for assignor in ["range", "roundrobin", "cooperative-sticky"] {
        stage.scenario(&format!("members join, leave and rebalance, {assignor}"), &[], || {
            come_and_go(stage, &[("partition.assignment.strategy", assignor)])
        });
    }
    for assignor in ["uniform", "range"] {
        stage.scenario(&format!("members join, leave and rebalance, consumer protocol, {assignor}"), &[68], || {
            come_and_go(stage, &[("group.protocol", "consumer"), ("group.remote.assignor", assignor)])
        });
    }
    stage.scenario("a member crashes and is replaced", &[], || crash(stage));
    stage.scenario("a static member comes back to what it had", &[], || static_member(stage));
}

fn spread(members: &[&Member]) -> Outcome<bool> {
    let (mut all, mut count) = (BTreeSet::new(), 0);
    for member in members {
        let held = member.held()?;
        if held.is_empty() {
            return Ok(false);
        }
        count += held.len();
        all.extend(held);
    }
    Ok(count == 4 && all.len() == 4)
}

fn reads_all(stage: &Stage, topic: &str, seen: &Mutex<BTreeSet<i32>>) -> Outcome {
    let after = |partition| Record { partition, value: Some(b"after".into()), ..Record::default() };
    send(stage, topic, &[0, 1, 2, 3].map(after), &[])?;
    within(20, "all partitions are read", || Ok(seen.lock().unwrap().len() == 4))
}

fn come_and_go(stage: &Stage, settings: &[(&str, &str)]) -> Outcome {
    let (topic, group) = (topic(stage, "group", 4)?, stage.name("group"));
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let seeing = seen.clone();
    let first = Member::join(&stage.address, &group, &topic, settings, move |r| {
        seeing.lock().unwrap().insert(r.partition);
        false
    })?;
    within(20, "one member holds all", || spread(&[&first]))?;
    let second = Member::join(&stage.address, &group, &topic, settings, |_| false)?;
    let third = Member::join(&stage.address, &group, &topic, settings, |_| false)?;
    within(20, "three members share", || spread(&[&first, &second, &third]))?;
    second.leave()?;
    third.leave()?;
    within(20, "the one that stays holds all", || spread(&[&first]))?;
    reads_all(stage, &topic, &seen)?;
    first.leave()
}

fn crash(stage: &Stage) -> Outcome {
    let (topic, group) = (topic(stage, "crash", 4)?, stage.name("crash"));
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let seeing = seen.clone();
    let first = Member::join(&stage.address, &group, &topic, &[], move |r| {
        seeing.lock().unwrap().insert(r.partition);
        false
    })?;
    within(20, "one member holds all", || spread(&[&first]))?;
    let mut other = Command::new(std::env::current_exe()?).args(["member", &group, &topic, &stage.address, "member"]).spawn()?;
    let joined = within(20, "a process joins", || Ok(first.held()?.len() == 2));
    other.kill()?;
    other.wait()?;
    joined?;
    within(20, "the crashed member is replaced", || spread(&[&first]))?;
    reads_all(stage, &topic, &seen)?;
    first.leave()
}

fn static_member(stage: &Stage) -> Outcome {
    let (topic, group) = (topic(stage, "static", 4)?, stage.name("static"));
    let named = |name| {
        // The session is as long as it may take until the member is back.
        let settings = [("group.instance.id", name), ("session.timeout.ms", "20000")];
        Member::join(&stage.address, &group, &topic, &settings, |_| false)
    };
    let (first, second) = (named("one")?, named("two")?);
    within(20, "two members share", || spread(&[&first, &second]))?;
    let had = second.held()?;
    second.leave()?;
    let again = named("two")?;
    within(20, "it holds something", || Ok(again.held()?.len() == 2))?;
    equal(had, again.held()?, "what it holds")?;
    again.leave()?;
    first.leave()
}
