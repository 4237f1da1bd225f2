//! What each trigger of a sign-in by challenge costs, by the triggers' own log lines: calls to the store, and time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use laptop::{Programs, Settings, Stack, Town, World};
use serde_json::Value;
use user_pool::Sink;

use crate::samples::Samples;

const PEOPLE: usize = 25;
/// The first sign-ins find processes that have just started.
const WARM: usize = 5;

/// Measures and prints.
pub(crate) async fn measure(programs: Programs, world: World) -> Result<(), String> {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let taken = Arc::clone(&lines);
    let sink = Sink::new(move |line| {
        if let Ok(mut lines) = taken.lock() {
            lines.push(line.text);
        }
    });
    let stack =
        Stack::start(Settings { sink, ..Settings::new(world, programs) }).await.map_err(|fault| fault.to_string())?;
    let walked = walk(&stack, &lines).await;
    stack.shutdown().await;
    walked?;
    let lines = lines.lock().map_err(|error| error.to_string())?;
    show(&lines);
    Ok(())
}

async fn walk(stack: &Stack, lines: &Mutex<Vec<String>>) -> Result<(), String> {
    Town::settle(stack).await.map_err(|fault| fault.to_string())?;
    let hooli = stack.app("hooli");
    for at in 0..PEOPLE + WARM {
        if at == WARM
            && let Ok(mut lines) = lines.lock()
        {
            lines.clear();
        }
        let address = format!("p{at}@hooli.example");
        hooli.sign_up(&address, None).await.map_err(|refused| refused.to_string())?;
        hooli.confirm(&address).await.map_err(|refused| refused.to_string())?;
        hooli.sign_in_with_password_and_code(&address).await.map_err(|refused| refused.to_string())?;
    }
    Ok(())
}

fn show(lines: &[String]) {
    let mut by_trigger: BTreeMap<String, (Samples, Vec<u64>)> = BTreeMap::new();
    for line in lines {
        let Ok(Value::Object(line)) = serde_json::from_str(line) else { continue };
        let Some(trigger) = line.get("trigger").and_then(Value::as_str) else { continue };
        let (times, calls) = by_trigger.entry(trigger.to_owned()).or_default();
        times.push(line.get("ms").and_then(Value::as_f64).unwrap_or(f64::NAN));
        calls.extend(line.get("calls").and_then(Value::as_u64));
    }
    println!("{PEOPLE} people sign up, confirm and sign in with a password and a code; the triggers' own log says:\n");
    println!("| trigger | calls in all | store calls a call | ms p50 | ms p90 |\n|---|---|---|---|---|");
    for (trigger, (mut times, mut calls)) in by_trigger {
        calls.sort_unstable();
        let (least, most) = (calls.first().copied().unwrap_or(0), calls.last().copied().unwrap_or(0));
        let calls = if least == most { least.to_string() } else { format!("{least} to {most}") };
        println!(
            "| {trigger} | {} | {calls} | {:.0} | {:.0} |",
            times.len(),
            times.percentile(50),
            times.percentile(90)
        );
    }
}
