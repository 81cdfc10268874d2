//! What the scenarios are told in: names, waiting with a bound, one line for each scenario.

use std::cell::Cell;
use std::collections::HashSet;
use std::fmt::Debug;
use std::time::{Duration, Instant};

/// Why a story ended badly. Whatever can be printed becomes one by `?`.
pub struct Fault(pub String);

pub type Outcome<T = ()> = Result<T, Fault>;

impl<E: std::fmt::Display> From<E> for Fault {
    fn from(e: E) -> Fault {
        Fault(e.to_string())
    }
}

pub struct Stage {
    pub address: String,
    prefix: String,
    apis: HashSet<i32>,
    names: Cell<u32>,
}

impl Stage {
    pub fn new(address: &str, prefix: &str) -> Stage {
        let served = std::env::var("APIS").unwrap_or_default();
        let key = |word: &str| word.split(':').next()?.parse().ok();
        Stage {
            address: address.into(),
            prefix: prefix.into(),
            apis: served.split_whitespace().filter_map(key).collect(),
            names: Cell::new(0),
        }
    }

    pub fn scenario(&self, what: &str, needs: &[i32], story: impl FnOnce() -> Outcome) {
        if let Some(key) = needs.iter().find(|key| !self.apis.contains(key)) {
            return println!("off {what}: API {key} is not served");
        }
        match story() {
            Ok(()) => println!("ok {what}"),
            Err(Fault(why)) => println!("not ok {what}: {}", why.split_whitespace().collect::<Vec<_>>().join(" ")),
        }
    }

    pub fn name(&self, what: &str) -> String {
        self.names.set(self.names.get() + 1);
        format!("{}-{what}-{}", self.prefix, self.names.get())
    }

    /// Asks the runner for something it does to the broker, and waits until it has.
    pub fn ask(&self, word: &str) -> Outcome {
        println!("{word}");
        std::io::stdin().read_line(&mut String::new())?;
        Ok(())
    }
}

pub fn within(seconds: u64, what: &str, mut condition: impl FnMut() -> Outcome<bool>) -> Outcome {
    let end = Instant::now() + Duration::from_secs(seconds);
    while !condition()? {
        if Instant::now() > end {
            return Err(Fault(format!("{what}: not within {seconds} s")));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

pub fn equal<T: PartialEq + Debug>(expected: T, found: T, what: &str) -> Outcome {
    if expected == found {
        return Ok(());
    }
    let show = |thing: &T| format!("{thing:?}").chars().take(200).collect::<String>();
    Err(Fault(format!("{what}: expected {}, found {}", show(&expected), show(&found))))
}
