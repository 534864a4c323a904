//! What is asked of whom: the workloads, and who takes part in each.

use crate::load::Shape;
use crate::pick::Goods;
use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum System {
    Onhand,
    /// onhand once more, on a server of its own where a promotion is live.
    FullSales,
    Redis,
    Postgresql,
    Loopback,
}

impl System {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Onhand => "onhand",
            Self::FullSales => "onhand, full sales",
            Self::Redis => "Redis",
            Self::Postgresql => "PostgreSQL",
            Self::Loopback => "loopback ping-pong",
        }
    }
}

/// One that takes part.
pub(crate) struct Entrant {
    pub(crate) system: System,
    pub(crate) shape: Shape,
    /// How many times its rate the first entrant is to reach, where that was promised.
    pub(crate) goal: Option<f64>,
}

pub(crate) struct Workload {
    /// Its name on the command line.
    pub(crate) key: &'static str,
    /// Its name where there is little room.
    pub(crate) short: &'static str,
    pub(crate) title: &'static str,
    pub(crate) about: &'static str,
    pub(crate) goods: Goods,
    /// The one that the others are compared with comes first.
    pub(crate) entrants: Vec<Entrant>,
    /// Whether the slowest one in a hundred is to be no slower than Redis's.
    pub(crate) judges_p99: bool,
}

const fn shape(connections: usize, in_flight: usize, per_message: usize) -> Shape {
    Shape { connections, in_flight, per_message }
}

const fn entrant(system: System, shape: Shape, goal: Option<f64>) -> Entrant {
    Entrant { system, shape, goal }
}

/// All of them.
pub(crate) fn all() -> Vec<Workload> {
    let single = shape(64, 1, 1);
    let one_at_a_time = |redis, postgresql| {
        vec![
            entrant(System::Onhand, single, None),
            entrant(System::Redis, single, Some(redis)),
            entrant(System::Postgresql, single, postgresql),
        ]
    };
    // Redis and PostgreSQL in the shape that suits them best: pipelined, and many rows in a statement.
    let at_their_best = |ours, ceiling| {
        vec![
            entrant(System::Onhand, ours, None),
            entrant(System::Loopback, single, Some(ceiling)),
            entrant(System::Redis, shape(64, 1, 32), None),
            entrant(System::Postgresql, shape(64, 1, 32), None),
        ]
    };
    let beside_bare_ones =
        |shape| vec![entrant(System::FullSales, shape, None), entrant(System::Onhand, shape, Some(0.6))];
    vec![
        Workload {
            key: "hot",
            short: "Hot",
            title: "One hot item",
            about: "Everybody sells the same item; one sale per round trip, 64 connections.",
            goods: Goods::Hot,
            entrants: one_at_a_time(1.15, None),
            judges_p99: true,
        },
        Workload {
            key: "spread",
            short: "Spread",
            title: "100,000 items",
            about: "All items equally wanted; one sale per round trip, 64 connections.",
            goods: Goods::Spread,
            entrants: one_at_a_time(1.15, None),
            judges_p99: true,
        },
        Workload {
            key: "baskets",
            short: "Baskets",
            title: "Baskets of five",
            about: "Five different items of one location, all or nothing, by Zipf's law (exponent 0.99) among the \
                    location's 12,500 items; one basket per round trip, 64 connections. A basket counts as one sale.",
            goods: Goods::Baskets,
            entrants: one_at_a_time(2.0, Some(10.0)),
            judges_p99: false,
        },
        Workload {
            key: "in-flight",
            short: "In flight",
            title: "Many in flight",
            about: "All items equally wanted; onhand with 256 connections and 16 messages in flight on each, one sale \
                    in a message. Redis with 64 connections and 32 commands pipelined, PostgreSQL with 64 connections \
                    and 32 sales in a statement, and the ceiling of one small message per round trip.",
            goods: Goods::Spread,
            entrants: at_their_best(shape(256, 16, 1), 4.0),
            judges_p99: false,
        },
        Workload {
            key: "several",
            short: "Several",
            title: "Several sales in a message",
            about: "As before, but onhand with 256 connections and 16 sales in each message, one message in flight.",
            goods: Goods::Spread,
            entrants: at_their_best(shape(256, 1, 16), 6.0),
            judges_p99: false,
        },
        Workload {
            key: "full",
            short: "Full",
            title: "Full sales",
            about: "Three different items of one location at its till, 1.00 off from 10.00 by a promotion, tax, paid \
                    with cash and card; beside bare sales of one item, both one sale per round trip, 64 connections.",
            goods: Goods::Spread,
            entrants: beside_bare_ones(single),
            judges_p99: false,
        },
        Workload {
            key: "full-in-flight",
            short: "Full, in flight",
            title: "Full sales, many in flight",
            about: "As before, with 256 connections and 16 messages in flight on each.",
            goods: Goods::Spread,
            entrants: beside_bare_ones(shape(256, 16, 1)),
            judges_p99: false,
        },
    ]
}
