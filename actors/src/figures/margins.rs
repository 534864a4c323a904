//! What is left of revenue beyond what the goods had cost the shop, of the part of it of which that is known.

use onhand_engine::command::{Channel, SaleLine};
use onhand_engine::event::Event;
use onhand_engine::ids::LocationId;
use onhand_engine::money::Minor;
use std::collections::BTreeMap;

/// Revenue with a known cost, and that cost; both less what came back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Margin {
    /// Revenue without tax, of lines whose cost is known.
    pub costed_net: Minor,
    /// What they had cost.
    pub cost: Minor,
}

/// By location and [`Channel::index`]. Where no cost is known there is none.
pub type Margins = BTreeMap<LocationId, [Margin; Channel::ALL.len()]>;

impl Margin {
    fn add(&mut self, more: Self) {
        self.costed_net = self.costed_net.plus(more.costed_net);
        self.cost = self.cost.plus(more.cost);
    }
}

/// Adds others.
pub(crate) fn add_margins(to: &mut Margins, more: &Margins) {
    for (location, more) in more {
        let to = to.entry(*location).or_default();
        to.iter_mut().zip(more).for_each(|(to, more)| to.add(*more));
    }
}

/// Adds what an event of a location sold and took back.
pub(crate) fn count_margins(margins: &mut Margins, location: LocationId, event: &Event) {
    let mut count = |channel: Channel, lines: &[SaleLine], is_back: bool| {
        for line in lines {
            let Some(cost) = line.cost() else { continue };
            let (net, zero) = (line.taxed.net, Minor::ZERO);
            let sign = |amount: Minor| if is_back { zero.minus(amount) } else { amount };
            let more = Margin { costed_net: sign(net), cost: sign(cost) };
            margins.entry(location).or_default()[channel.index()].add(more);
        }
    };
    if let Some(sale) = event.sale() {
        count(sale.channel, &sale.lines, false);
    }
    match event {
        Event::GoodsReturned(back) => count(back.channel, &back.lines, true),
        Event::Exchanged { back, .. } => count(back.channel, &back.lines, true),
        _ => {}
    }
}
