//! rust-rdkafka against the daemon: scenarios ADDRESS PREFIX, or scenarios member GROUP TOPIC ADDRESS PREFIX.

mod administration;
mod clients;
mod compaction;
mod durability;
mod groups;
mod places;
mod records;
mod stage;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let stage = stage::Stage::new(&words[words.len() - 2], &words[words.len() - 1]);
    if words[0] == "member" {
        let _member = groups::Member::join(&stage.address, &words[1], &words[2], &[], |_| false);
        std::thread::sleep(std::time::Duration::from_secs(120));
        return;
    }
    records::play(&stage);
    places::play(&stage);
    compaction::play(&stage);
    groups::play(&stage);
    administration::play(&stage);
    durability::play(&stage);
}
