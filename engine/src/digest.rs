//! The state as canonical bytes, to be hashed, and the invariants that span actors.
//!
//! Responsible for: the same bytes for the same state, whatever the order in which it came to be or
//! the place it was rebuilt from.
//!
//! Not responsible for: the hash (the caller feeds one), clocks, caches and indices.

mod basket;
mod books;
mod chain;
mod goods;
mod layaway;
mod returns;
mod zone;

use crate::account::{Account, Ledger, Take};
use crate::command::SkuQty;
use crate::drawer::books::{Books, ByRate};
use crate::drawer::rules::DrawerRules;
use crate::drawer::{Closed, Drawer, Session};
use crate::ids::{Label, LocationId, SkuId, TillNo};
use crate::money::{Currency, Minor};
use crate::pricing::Terms;
use crate::promotion::Promotion;
use crate::qty::Qty;
use crate::returns::{GivenBack, PendingGrant, What};
use crate::stock::{Detail, StockRow};
use crate::store::{OrderState, Reservation, Store, Totals};
use crate::till::Till;
use crate::time::Period;
use crate::world::{PlaceState, World};
use std::collections::{BTreeMap, BTreeSet};

/// Takes the bytes of one entity after the other, for example into a hash.
pub type Feed<'a> = &'a mut dyn FnMut(&[u8]);

impl World {
    /// Feeds stock, tills and stores of every location in sorted order. What was never touched
    /// feeds nothing, so it makes no difference whether it is there. The chain has its own,
    /// [`Chain::digest`].
    pub fn digest(&self, feed: Feed<'_>) {
        for (location, place) in &self.places {
            place.digest(*location, feed);
        }
    }

    /// What must hold at every step, across rows, store and tills. Empty when all is well; otherwise
    /// a sentence for each breach.
    #[must_use]
    pub fn check(&self) -> Vec<String> {
        let mut findings = Vec::new();
        for (location, place) in &self.places {
            findings.extend(place.check().into_iter().map(|finding| format!("location {}: {finding}", location.0)));
        }
        findings
    }
}

impl PlaceState {
    /// Feeds the stock, tills and store of one location in sorted order.
    pub fn digest(&self, location: LocationId, feed: Feed<'_>) {
        let mut rows: Vec<(SkuId, &StockRow)> = self.rows.iter().map(|(sku, row)| (*sku, row)).collect();
        rows.sort_unstable_by_key(|(sku, _)| *sku);
        for (sku, row) in rows {
            feed_row(location, sku, row, feed);
        }
        for (no, till) in &self.tills {
            feed_till(location, *no, till, feed);
        }
        feed_store(location, &self.store, feed);
    }

    /// As [`World::check`], for one location.
    #[must_use]
    pub fn check(&self) -> Vec<String> {
        let mut findings = Vec::new();
        let mut rows: Vec<(SkuId, &StockRow)> = self.rows.iter().map(|(sku, row)| (*sku, row)).collect();
        rows.sort_unstable_by_key(|(sku, _)| *sku);
        let (mut holds, mut allocations) = (BTreeMap::new(), BTreeMap::new());
        for (sku, row) in rows {
            findings.extend(row.check().err().map(|breach| format!("sku {}: {breach}", sku.0)));
            let Some(detail) = row.detail() else { continue };
            holds.extend(detail.holds.iter().map(|(id, qty)| ((*id, sku), *qty)));
            allocations.extend(detail.allocations.iter().map(|(order, qty)| ((order, sku), *qty)));
        }
        let live = self.store.reservations.iter();
        let held = parts(live.map(|(id, reservation)| (*id, reservation.lines.as_slice())));
        if held != holds {
            findings.push("the store's live reservations are not what its SKUs hold".to_owned());
        }
        let open = self.store.orders.iter().filter_map(|(order, state)| match state {
            OrderState::Open { left, .. } => Some((order, left.as_slice())),
            OrderState::Closed => None,
        });
        if parts(open) != allocations {
            findings.push("the store's open orders are not what its SKUs have allocated".to_owned());
        }
        findings.extend(self.store.check().err().map(str::to_owned));
        for (no, till) in &self.tills {
            findings.extend(till.check().err().map(|breach| format!("till {}: {breach}", no.0)));
        }
        findings
    }
}

fn parts<'a, K: Ord + Copy>(held: impl Iterator<Item = (K, &'a [SkuQty])>) -> BTreeMap<(K, SkuId), Qty> {
    let mut sums = BTreeMap::new();
    for (key, lines) in held {
        for line in lines {
            let sum: &mut Qty = sums.entry((key, line.sku)).or_default();
            *sum = sum.plus(line.qty);
        }
    }
    sums
}

/// Feeds one SKU at one location; nothing for one that was never touched.
pub fn feed_row(location: LocationId, sku: SkuId, row: &StockRow, feed: Feed<'_>) {
    if *row == StockRow::default() {
        return;
    }
    let level = row.level();
    let mut bytes = Bytes::of(b'R', location);
    bytes.small(sku.0);
    bytes.number(row.version().0);
    for qty in [level.on_hand, level.reserved, level.allocated, level.unavailable, level.incoming] {
        bytes.qty(qty);
    }
    let nothing = Detail::default();
    bytes.detail(row.detail().unwrap_or(&nothing));
    feed(&bytes.0);
}

/// Feeds one till; nothing for one that has rung up nothing.
pub fn feed_till(location: LocationId, no: TillNo, till: &Till, feed: Feed<'_>) {
    if *till == Till::default() {
        return;
    }
    let mut bytes = Bytes::of(b'T', location);
    bytes.small(u32::from(no.0));
    bytes.number(till.last_receipt.0);
    bytes.number(till.sales);
    bytes.number(till.returns);
    till.takings.iter().for_each(|sum| bytes.minor(*sum));
    if let Some(drawer) = &till.drawer {
        bytes.drawer(drawer);
    }
    feed(&bytes.0);
}

/// Feeds one store, its reservations and its orders; nothing for one where nothing happened.
pub fn feed_store(location: LocationId, store: &Store, feed: Feed<'_>) {
    if store.totals != <[Totals; 3]>::default() {
        let mut bytes = Bytes::of(b'S', location);
        store.totals.iter().for_each(|totals| bytes.totals(totals));
        feed(&bytes.0);
    }
    if let Some(rules) = &store.drawer_rules {
        let mut bytes = Bytes::of(b'D', location);
        bytes.drawer_rules(rules);
        feed(&bytes.0);
    }
    for (id, reservation) in &store.reservations {
        let mut bytes = Bytes::of(b'H', location);
        bytes.0.extend_from_slice(&id.0.to_be_bytes());
        bytes.reservation(reservation);
        feed(&bytes.0);
    }
    for (order, state) in &store.orders {
        let mut bytes = Bytes::of(b'O', location);
        bytes.text(order.as_str());
        match state {
            OrderState::Closed => bytes.0.push(0),
            OrderState::Open { asked, left } => {
                bytes.0.push(1);
                bytes.lines(asked);
                bytes.lines(left);
            }
        }
        feed(&bytes.0);
    }
    for (sale, given) in &store.given_back {
        let mut bytes = Bytes::of(b'G', location);
        bytes.number(sale.0);
        bytes.given_back(given);
        feed(&bytes.0);
    }
    store.layaways().digest(location, feed);
    for (sale, redemption) in &store.settling.list {
        let mut bytes = Bytes::of(b'P', location);
        bytes.0.extend_from_slice(&sale.0.to_be_bytes());
        bytes.count(redemption.takes.len());
        redemption.takes.iter().for_each(|take| bytes.take(take));
        bytes.small(redemption.granted_by.map_or(0, |sold_at| sold_at.0));
        feed(&bytes.0);
    }
    for (command, pending) in &store.grants {
        let mut bytes = Bytes::of(b'R', location);
        bytes.0.extend_from_slice(&command.0.to_be_bytes());
        bytes.pending(pending);
        feed(&bytes.0);
    }
    goods::feed_serials(location, &store.serials, feed);
    returns::feed_of_day(location, store.returns_of_day.as_ref(), feed);
    for (id, payment) in store.payments.list() {
        let mut bytes = Bytes::of(b'Y', location);
        bytes.uuid(id.0);
        payment.digest(&mut bytes);
        feed(&bytes.0);
    }
    for (id, account) in &store.accounts.list {
        let mut bytes = Bytes::of(b'A', location);
        bytes.0.extend_from_slice(&id.0.to_be_bytes());
        bytes.account(account);
        feed(&bytes.0);
    }
}

/// One entity's bytes: a tag, then fields of fixed width and lists and texts with their length, so
/// that no two states share theirs.
pub(crate) struct Bytes(Vec<u8>);

impl Bytes {
    fn of(tag: u8, location: LocationId) -> Self {
        let mut bytes = Self(Vec::with_capacity(128));
        bytes.0.push(tag);
        bytes.small(location.0);
        bytes
    }

    pub(crate) fn uuid(&mut self, id: u128) {
        self.0.extend_from_slice(&id.to_be_bytes());
    }

    pub(crate) fn flag(&mut self, flag: bool) {
        self.0.push(u8::from(flag));
    }

    pub(crate) fn small(&mut self, number: u32) {
        self.0.extend_from_slice(&number.to_be_bytes());
    }

    pub(crate) fn number(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_be_bytes());
    }

    pub(crate) fn count(&mut self, len: usize) {
        self.number(u64::try_from(len).unwrap_or(u64::MAX));
    }

    fn qty(&mut self, qty: Qty) {
        self.number(qty.milli().cast_unsigned());
    }

    pub(crate) fn minor(&mut self, amount: Minor) {
        self.number(amount.0.cast_unsigned());
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn lines(&mut self, lines: &[SkuQty]) {
        self.count(lines.len());
        for line in lines {
            self.small(line.sku.0);
            self.qty(line.qty);
        }
    }

    fn take(&mut self, take: &Take) {
        self.0.extend_from_slice(&take.account.0.to_be_bytes());
        self.text(take.kind.name());
        self.text(take.measure.name());
        [take.amount, take.worth].iter().for_each(|sum| self.minor(*sum));
        self.0.push(u8::from(take.by_code));
        self.text(take.way.name());
        self.minor(take.limit);
    }

    fn pending(&mut self, pending: &PendingGrant) {
        let PendingGrant { to, sale, deadline, grant } = pending;
        self.small(to.0);
        self.number(sale.0);
        self.number(deadline.0);
        self.count(grant.portions.len());
        for (portion, line) in grant.portions.iter().zip(&grant.lines) {
            self.small(u32::from(portion.line));
            match portion.what {
                What::Goods(qty) => self.qty(qty),
                What::Money(amount) => self.minor(amount),
                What::Part { sku, qty } => {
                    self.small(sku.0);
                    self.qty(qty);
                }
            }
            self.qty(line.qty);
            [line.taxed.net, line.taxed.tax].iter().for_each(|sum| self.minor(*sum));
        }
        self.count(grant.tenders.len());
        for tender in &grant.tenders {
            self.text(tender.kind.name());
            self.minor(tender.amount);
        }
        self.count(grant.credits.len());
        grant.credits.iter().for_each(|take| self.take(take));
        self.count(grant.pieces.len());
        grant.pieces.iter().for_each(|piece| self.text(piece.serial.as_str()));
        // What goes back to no card payment has the bytes it always had.
        for (payment, amount) in &grant.refunds {
            self.uuid(payment.0);
            self.minor(*amount);
        }
    }

    fn account(&mut self, account: &Account) {
        self.text(account.kind.name());
        self.text(account.measure.name());
        let Ledger { issued, loaded, refunded, redeemed, short } = account.ledger;
        [issued, loaded, refunded, redeemed, short].iter().for_each(|sum| self.minor(*sum));
        self.0.push(u8::from(account.expires.is_some()));
        self.number(account.expires.unwrap_or_default().0);
        self.0.push(u8::from(account.disabled.is_some()));
        self.text(account.disabled.as_ref().map_or("", |reason| reason.as_str()));
        self.count(account.holds.len());
        for (sale, hold) in &account.holds {
            self.0.extend_from_slice(&sale.0.to_be_bytes());
            self.small(hold.at.0);
            self.minor(hold.amount);
            self.minor(hold.short);
            self.number(hold.deadline.0);
            self.text(hold.way.name());
        }
        // What nobody ever named an owner for has the bytes it always had.
        account.owner.iter().for_each(|owner| self.text(owner.as_str()));
    }

    fn detail(&mut self, detail: &Detail) {
        self.count(detail.holds.len());
        for (id, qty) in &detail.holds {
            self.0.extend_from_slice(&id.0.to_be_bytes());
            self.qty(*qty);
        }
        self.count(detail.allocations.len());
        for (order, qty) in &detail.allocations {
            self.text(order.as_str());
            self.qty(*qty);
        }
        let reasons: BTreeSet<_> = detail.unavailable.iter().collect();
        self.count(reasons.len());
        for (reason, qty) in reasons {
            self.text(reason.as_str());
            self.qty(*qty);
        }
        detail.policy.safety_stock.iter().for_each(|qty| self.qty(*qty));
        self.qty(detail.policy.low_at);
    }

    fn totals(&mut self, totals: &Totals) {
        [totals.sales, totals.lines, totals.returns].iter().for_each(|count| self.number(*count));
        [totals.units, totals.returned_units, totals.oversold].iter().for_each(|qty| self.qty(*qty));
        [totals.net, totals.tax, totals.returned_net, totals.returned_tax].iter().for_each(|sum| self.minor(*sum));
    }

    fn given_back(&mut self, given: &GivenBack) {
        self.count(given.lines.len());
        for (line, back) in &given.lines {
            self.small(u32::from(*line));
            self.qty(back.qty);
            [back.for_goods, back.alone, back.tax].iter().for_each(|sum| self.minor(*sum));
            self.apart(back.apart.as_deref());
        }
        // A kind that came to nothing was kept once: such a state is the same without it.
        let tenders = || given.tenders.iter().filter(|(_, sum)| **sum != Minor::ZERO);
        self.count(tenders().count());
        for (kind, sum) in tenders() {
            self.text(kind.name());
            self.minor(*sum);
        }
        self.count(given.accounts.len());
        for (account, back) in &given.accounts {
            self.0.extend_from_slice(&account.0.to_be_bytes());
            [back.worth, back.amount].iter().for_each(|sum| self.minor(*sum));
        }
    }

    fn reservation(&mut self, reservation: &Reservation) {
        self.text(reservation.owner.as_str());
        self.text(reservation.channel.name());
        self.number(reservation.deadline.0);
        self.lines(&reservation.lines);
        if let Some(suspended) = &reservation.suspended {
            self.suspended(suspended);
        }
        self.held_pieces(&reservation.pieces);
    }

    fn drawer_rules(&mut self, rules: &DrawerRules) {
        self.0.push(u8::from(rules.rounding.is_some()));
        for rule in rules.rounding.iter().flat_map(|rounding| [rounding.due, rounding.change]) {
            self.small(rule.step);
            self.text(rule.direction.name());
            self.text(rule.tie.name());
        }
        self.count(rules.accounts.len());
        for (account, code) in &rules.accounts {
            self.text(account.names().0);
            self.text(code.as_str());
        }
    }

    fn drawer(&mut self, drawer: &Drawer) {
        [drawer.grand.sold, drawer.grand.returned].iter().for_each(|sum| self.minor(*sum));
        self.count(drawer.closed.len());
        drawer.closed.iter().for_each(|closed| self.closed_session(closed));
        self.count(drawer.late.len());
        for (session, books) in &drawer.late {
            self.small(session.0);
            self.books(books);
        }
        self.0.push(u8::from(drawer.session.is_some()));
        drawer.session.iter().for_each(|session| self.session(session));
    }

    fn closed_session(&mut self, closed: &Closed) {
        self.number(closed.opened.0);
        self.number(closed.closed.0);
        self.small(closed.business_day.number());
        self.text(closed.basis.name());
        closed.counted.iter().for_each(|counted| self.0.push(u8::from(*counted)));
    }

    fn session(&mut self, session: &Session) {
        self.number(session.opened.0);
        self.small(session.business_day.number());
        self.text(session.basis.name());
        self.minor(session.float);
        self.books(&session.books);
        let moves = session.moves;
        for tally in [moves.paid_in, moves.paid_out, moves.dropped] {
            self.number(tally.count);
            self.minor(tally.amount);
        }
        self.number(session.no_sales);
        self.deposits(&session.deposits);
        self.number(session.voided.count);
        self.minor(session.voided.amount);
        let (first, last) = session.receipts.unwrap_or_default();
        self.number(first.0);
        self.number(last.0);
    }

    fn books(&mut self, books: &Books) {
        [books.sales, books.returns, books.discounts.count].iter().for_each(|count| self.number(*count));
        [books.rounding, books.deposits_used, books.discounts.amount].iter().for_each(|sum| self.minor(*sum));
        books.tenders.iter().flat_map(|flow| [flow.taken, flow.change, flow.refunded]).for_each(|sum| self.minor(sum));
        self.by_rate(&books.sold);
        self.by_rate(&books.returned);
        self.kept_of_returns(books);
    }

    fn by_rate(&mut self, sums: &ByRate) {
        self.count(sums.len());
        for ((channel, rate), turnover) in sums {
            self.text(channel.name());
            self.small(rate.0);
            self.minor(turnover.net);
            self.minor(turnover.tax);
        }
    }

    fn promotion(&mut self, promotion: &Promotion) {
        self.text(promotion.code.as_str());
        self.text(&promotion.name);
        self.text(promotion.currency.as_ref().map_or("", Currency::as_str));
        self.terms(&promotion.terms);
        self.text(promotion.coupon.as_ref().map_or("", Label::as_str));
        let limits = promotion.uses.map(|uses| [uses.in_all, uses.per_customer].map(Option::unwrap_or_default));
        limits.unwrap_or_default().into_iter().for_each(|limit| self.small(limit));
        self.small(u32::from(promotion.priority));
        self.0.push(u8::from(promotion.exclusive));
        promotion.benefit.each_number(|number| self.number(number));
        for scope in promotion.benefit.scopes() {
            for skus in [&scope.skus, &scope.except] {
                self.count(skus.len());
                skus.iter().for_each(|sku| self.small(sku.0));
            }
            self.count(scope.categories.len());
            scope.categories.iter().for_each(|category| self.text(category));
        }
    }

    fn terms(&mut self, terms: &Terms) {
        self.count(terms.channels.len());
        terms.channels.iter().for_each(|channel| self.text(channel.name()));
        self.count(terms.locations.len());
        terms.locations.iter().for_each(|location| self.small(location.0));
        self.count(terms.groups.len());
        terms.groups.iter().for_each(|group| self.text(group.as_str()));
        self.period(&terms.period);
        self.local(&terms.local);
        self.hours(terms.hours.as_deref());
    }

    fn period(&mut self, period: &Period) {
        for end in [period.from, period.until] {
            self.0.push(u8::from(end.is_some()));
            self.number(end.unwrap_or_default().0);
        }
    }
}
