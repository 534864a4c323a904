//! A naive model, written differently, checks the engine after each random command.
//!
//! The model keeps lists and adds them up anew each time; the engine keeps counters. The seed is
//! printed: `SEED=7 cargo test -p onhand-engine --test model` plays one game again.
#![allow(clippy::unwrap_used)]

mod build;
mod game;

use game::Game;

/// Games and commands in each: a million commands in all.
const GAMES: u64 = 500;
const COMMANDS: u64 = 2_000;

/// T5: after every one of a million random commands the counters equal the sum of the live holds and
/// of the open orders, and every number is the model's.
#[test]
fn t5_a_million_random_commands_leave_every_counter_equal_to_its_parts() {
    let only: Option<u64> = std::env::var("SEED").ok().map(|seed| seed.parse().unwrap());
    let mut met = [0; 6];
    for seed in only.map_or(0..GAMES, |seed| seed..seed + 1) {
        let mut game = Game::new(seed);
        for step in 0..COMMANDS {
            if let Err(difference) = game.step() {
                panic!("SEED={seed}, command {step}: {difference}");
            }
        }
        game.rebuild();
        met.iter_mut().zip(game.met).for_each(|(sum, met)| *sum += met);
    }
    // A game in which nothing is ever refused, oversold or replaced would prove little.
    assert!(only.is_some() || met.iter().all(|times| *times > 100), "{met:?}");
}
