//! The administrator: topics, configurations, groups, and what may be asked about the node.

use crate::clients::{admin, at, create, read, reader, send, topic, PATIENCE};
use crate::groups::Member;
use crate::records::texts;
use crate::stage::{equal, within, Fault, Outcome, Stage};
use futures_executor::block_on;
use rdkafka::admin::{AdminOptions, AlterConfig, ConfigSource, NewPartitions, ResourceSpecifier};
use rdkafka::consumer::{CommitMode, Consumer};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::Offset;

pub fn play(stage: &Stage) {
    stage.scenario("topics: create, list, delete", &[], || topics(stage));
    stage.scenario("configs: describe", &[], || describe_configs(stage));
    stage.scenario("configs: replace all", &[33], || replace_configs(stage));
    stage.scenario("partitions: add", &[37], || add_partitions(stage));
    stage.scenario("records: delete up to an offset", &[21], || delete_records(stage));
    stage.scenario("groups: list, describe, commit", &[], || groups(stage));
    stage.scenario("groups: delete", &[42], || delete_groups(stage));
    stage.scenario("cluster: describe", &[], || cluster(stage));
}

fn code<T, W>(answer: &Result<T, (W, RDKafkaErrorCode)>) -> i32 {
    answer.as_ref().err().map_or(0, |(_, code)| *code as i32)
}

fn partitions(stage: &Stage, topic: &str) -> Outcome<usize> {
    let metadata = admin(stage)?.inner().fetch_metadata(None, PATIENCE)?;
    Ok(metadata.topics().iter().find(|t| t.name() == topic).map_or(0, |t| t.partitions().len()))
}

fn topics(stage: &Stage) -> Outcome {
    let topic = topic(stage, "admin", 3)?;
    equal(3, partitions(stage, &topic)?, "partitions")?;
    equal(Err(36), create(stage, &topic, 1, 1, &[])?, "the same again")?;
    equal(Err(37), create(stage, &stage.name("bad"), 0, 1, &[])?, "no partitions")?;
    equal(Err(38), create(stage, &stage.name("bad"), 1, 3, &[])?, "three replicas")?;
    equal(Err(17), create(stage, "no/slash", 1, 1, &[])?, "a slash")?;
    equal(Err(40), create(stage, &stage.name("bad"), 1, 1, &[("retention.ms", "soon")])?, "a bad value")?;
    let delete = || -> Outcome<i32> { Ok(code(&block_on(admin(stage)?.delete_topics(&[&topic], &AdminOptions::new()))?[0])) };
    equal(0, delete()?, "delete")?;
    equal(0, partitions(stage, &topic)?, "partitions of what is gone")?;
    equal(3, delete()?, "delete again")
}

/// The value, and whether it was set on the topic.
fn config(stage: &Stage, topic: &str, name: &str) -> Outcome<(String, bool)> {
    let asked = [ResourceSpecifier::Topic(topic)];
    let answers = block_on(admin(stage)?.describe_configs(&asked, &AdminOptions::new()))?;
    let entries = answers.into_iter().next().unwrap()?;
    let entry = entries.get(name).ok_or_else(|| Fault(format!("no {name}")))?;
    Ok((entry.value.clone().unwrap_or_default(), entry.source == ConfigSource::DynamicTopic))
}

fn describe_configs(stage: &Stage) -> Outcome {
    let topic = stage.name("configs");
    equal(Ok(()), create(stage, &topic, 1, 1, &[("retention.ms", "12345000")])?, "create")?;
    equal(("12345000".into(), true), config(stage, &topic, "retention.ms")?, "what was set")?;
    equal(false, config(stage, &topic, "segment.bytes")?.1, "whether the rest was set")
}

fn replace_configs(stage: &Stage) -> Outcome {
    let topic = stage.name("replace");
    equal(Ok(()), create(stage, &topic, 1, 1, &[("retention.ms", "12345000")])?, "create")?;
    let replace = |name, value| -> Outcome<i32> {
        let wanted = AlterConfig::new(ResourceSpecifier::Topic(&topic)).set(name, value);
        Ok(code(&block_on(admin(stage)?.alter_configs([&wanted], &AdminOptions::new()))?[0]))
    };
    equal(0, replace("segment.bytes", "2000000")?, "replace")?;
    equal(("2000000".into(), true), config(stage, &topic, "segment.bytes")?, "what was named")?;
    equal(("604800000".into(), false), config(stage, &topic, "retention.ms")?, "what was not named")?;
    replace("retention.ms", "soon")?; // what the broker says of one resource, this client does not hand on
    equal(("604800000".into(), false), config(stage, &topic, "retention.ms")?, "after a bad value")?;
    equal(("2000000".into(), true), config(stage, &topic, "segment.bytes")?, "what the refusal left as it was")
}

fn add_partitions(stage: &Stage) -> Outcome {
    let topic = topic(stage, "grow", 1)?;
    let add = |count| -> Outcome<i32> {
        Ok(code(&block_on(admin(stage)?.create_partitions([&NewPartitions::new(&topic, count)], &AdminOptions::new()))?[0]))
    };
    equal(0, add(4)?, "add")?;
    equal(4, partitions(stage, &topic)?, "partitions")?;
    equal(37, add(2)?, "fewer than there are")
}

fn delete_records(stage: &Stage) -> Outcome {
    let topic = topic(stage, "cut", 1)?;
    send(stage, &topic, &texts(10), &[])?;
    let delete = |before| -> Outcome<_> {
        Ok(block_on(admin(stage)?.delete_records(&at(&topic, 0, Offset::Offset(before))?, &AdminOptions::new()))?)
    };
    let deleted = delete(4)?;
    equal(Offset::Offset(4), deleted.elements()[0].offset(), "low watermark")?;
    equal((4, 10), reader(stage, &[])?.fetch_watermarks(&topic, 0, PATIENCE)?, "earliest and latest")?;
    equal(4, read(stage, &topic, 0, 4, 6)?[0].offset, "first that is left")?;
    let refused = delete(11)?.elements()[0].error().err().and_then(|e| e.rdkafka_error_code());
    equal(Some(RDKafkaErrorCode::OffsetOutOfRange), refused, "more than there are")
}

fn state(stage: &Stage, group: &str) -> Outcome<(String, usize)> {
    let list = admin(stage)?.inner().fetch_group_list(Some(group), PATIENCE)?;
    let found = list.groups().iter().find(|g| g.name() == group).ok_or_else(|| Fault(format!("{group} is not listed")))?;
    Ok((found.state().into(), found.members().len()))
}

fn groups(stage: &Stage) -> Outcome {
    let (topic, group) = (topic(stage, "members", 1)?, stage.name("members"));
    let member = Member::join(&stage.address, &group, &topic, &[], |_| false)?;
    within(20, "it holds the partition", || Ok(member.held()?.len() == 1))?;
    equal(("Stable".into(), 1), state(stage, &group)?, "group")?;
    member.leave()?;
    within(20, "it is empty", || Ok(state(stage, &group)? == ("Empty".into(), 0)))?;
    let consumer = reader(stage, &[("group.id", &group)])?;
    consumer.commit(&at(&topic, 0, Offset::Offset(7))?, CommitMode::Sync)?;
    let committed = consumer.committed_offsets(at(&topic, 0, Offset::Invalid)?, PATIENCE)?;
    equal(Offset::Offset(7), committed.elements()[0].offset(), "committed")
}

fn delete_groups(stage: &Stage) -> Outcome {
    let (topic, group) = (topic(stage, "forget", 1)?, stage.name("forget"));
    let delete = || -> Outcome<i32> { Ok(code(&block_on(admin(stage)?.delete_groups(&[&group], &AdminOptions::new()))?[0])) };
    let member = Member::join(&stage.address, &group, &topic, &[], |_| false)?;
    within(20, "it holds the partition", || Ok(member.held()?.len() == 1))?;
    equal(68, delete()?, "a group with a member")?;
    member.leave()?;
    within(20, "it is deleted", || Ok(delete()? == 0))?;
    equal(69, delete()?, "the same again")
}

fn cluster(stage: &Stage) -> Outcome {
    let topic = topic(stage, "led", 1)?;
    let admin = admin(stage)?;
    let metadata = admin.inner().fetch_metadata(None, PATIENCE)?;
    equal(1, metadata.brokers().len(), "brokers")?;
    let led = metadata.topics().iter().find(|t| t.name() == topic).ok_or_else(|| Fault("the topic is not listed".into()))?;
    equal(metadata.brokers()[0].id(), led.partitions()[0].leader(), "leader of a topic")?;
    equal(true, admin.inner().fetch_cluster_id(PATIENCE).is_some_and(|id| !id.is_empty()), "it has an id")
}
