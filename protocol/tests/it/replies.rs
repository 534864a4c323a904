//! What is answered: the hand-written bytes are those of the typed reply, and clients read both.

use crate::book::book;
use crate::commands::{ID, entered};
use onhand_engine::answer::Answer;
use onhand_engine::basket;
use onhand_engine::command::{SkuQty, Tender, TenderKind};
use onhand_engine::date::Date;
use onhand_engine::drawer::report::Report;
use onhand_engine::drawer::{Drawer, Happening, Movement, Told};
use onhand_engine::goods::Traced;
use onhand_engine::ids::{Label, Note, Owner, ReceiptNo, Seq, SessionNo, SkuId, TillNo, Version};
use onhand_engine::layaway;
use onhand_engine::level::Level;
use onhand_engine::money::Minor;
use onhand_engine::promotion::Off;
use onhand_engine::qty::Qty;
use onhand_engine::quote::ByHand;
use onhand_engine::refusal::Refusal;
use onhand_engine::scan::Mark;
use onhand_engine::tax::{PriceBasis, RatePpm};
use onhand_engine::time::Timestamp;
use onhand_protocol::convert::{self, Asked, Audience, Names};
use onhand_protocol::message::{Channel, ErrorBody, Incoming, Reply};
use onhand_protocol::value::Text;

const NOW: Timestamp = Timestamp(1_767_225_600_042);

fn replied(rest: &str, answer: &Answer) -> String {
    let command = entered(&format!(r#"{{"op":{rest},"id":"{ID}"}}"#));
    let location = book().location_numbered(command.location);
    let mut out = Vec::new();
    convert::reply(&mut out, &Asked::of(&command, location), Seq(123), NOW, answer, &book());
    let text = String::from_utf8(out).unwrap();
    let reply = Reply::parse(&text).unwrap_or_else(|why| panic!("{why}: {text}"));
    let mut typed = Vec::new();
    reply.write(&mut typed);
    assert_eq!(String::from_utf8(typed).unwrap(), text);
    text
}

/// The reading of a session in which nothing happened yet.
fn session() -> Report {
    let mut drawer = Drawer::default();
    let business_day = Date::new(2026, 1, 31).unwrap();
    let (session, basis) = (SessionNo(1), PriceBasis::TaxInclusive);
    drawer.apply(&Happening::SessionOpened { session, opened: NOW, business_day, float: Minor(5), basis });
    drawer.read(NOW).unwrap()
}

/// A suspended basket that says all it can.
fn suspended() -> basket::Suspended {
    let (label, name) = (|text| Label::new(text).unwrap(), |text| Owner::new(text).unwrap());
    let line = basket::NamedLine {
        sku: SkuId(2),
        qty: Qty::from_milli(1_500),
        unit_price: Some(Minor(7)),
        amount: Some(Minor(5)),
        tax: Some((Minor(1), RatePpm(210_000))),
        price_reason: Some(label("box")),
        discount: Some(ByHand { off: Off::Amount(Minor(2)), reason: label("scratched") }),
    };
    let basket = basket::Basket {
        lines: vec![line],
        group: Some(label("club")),
        coupons: vec![label("TEA10")],
        tax_exempt: Some(label("E-7")),
        customer: Some(name("Ann")),
        note: Some(Note::new("back at \"five\"").unwrap()),
        person: Some(name("Cleo")),
    };
    let traced = Traced {
        line: 0,
        serials: vec![Mark::new("A\"1").unwrap()],
        lot: Some(Mark::new("L42").unwrap()),
        expiry: Date::new(2026, 1, 31),
    };
    basket::Suspended { till: TillNo(3), at: NOW, basket, traced: Box::new([traced]) }
}

#[test]
fn hand_written_replies_are_the_typed_ones() {
    let sell = r#""sell","location":"S1","till":3,"currency":"EUR","lines":[{"sku":"TEA","qty":1}]"#;
    let receipt = Some((TillNo(3), ReceiptNo(42)));
    let text = replied(sell, &Answer::Recorded { receipt, gross: Minor(1_210), oversold: Box::new([]) });
    assert_eq!(
        text,
        r#"{"id":"0190a0b0-7000-7000-8000-000000000001","ok":"recorded","seq":"123","time":"2026-01-01T00:00:00.042Z","receipt":"S1-3-42","total":1210,"currency":"EUR"}"#
    );
    let oversold = Box::new([
        SkuQty { sku: SkuId(2), qty: Qty::from_milli(1_050) },
        SkuQty { sku: SkuId(0), qty: Qty::units(-1) },
    ]);
    let text = replied(sell, &Answer::Recorded { receipt: None, gross: Minor(-5), oversold });
    assert!(text.ends_with(r#""oversold":[{"sku":"ODD \"1\"","qty":"1.05"},{"sku":"TEA","qty":"-1"}]}"#), "{text}");
    let line = r#""lines":[{"sku":"TEA","qty":1}]"#;
    let at = r#""location":"S1""#;
    replied(&format!(r#""reserve",{at},"owner":"c","ttl_s":9,{line}"#), &Answer::Reserved { deadline: NOW });
    replied(&format!(r#""extend",{at},"reservation":"{ID}","ttl_s":9"#), &Answer::Extended { deadline: NOW });
    replied(&format!(r#""release",{at},"reservation":"{ID}""#), &Answer::Released);
    replied(&format!(r#""allocate",{at},"order":"a\nb",{line}"#).replace("\\n", "\u{fc}"), &Answer::Allocated);
    replied(&format!(r#""deallocate",{at},"order":"a""#), &Answer::Deallocated);
    replied(&format!(r#""receive",{at},{line}"#), &Answer::Received);
    let back = format!(r#""return",{at},"till":3,"currency":"EUR","disposition":"resell",{line}"#);
    replied(&back, &Answer::Returned { receipt, gross: Minor(1_210) });
    replied(&format!(r#""adjust",{at},"sku":"TEA","delta":1,"reason":"x""#), &Answer::Adjusted);
    replied(&format!(r#""count",{at},"sku":"TEA","counted":1"#), &Answer::Counted { variance: Qty::from_milli(-120) });
    replied(&format!(r#""set_policy",{at},"sku":"TEA""#), &Answer::PolicySet);
    let till = r#","location":"S1","till":3"#;
    let cash = r#","currency":"EUR","amount":5,"reason":"x","person":"y""#;
    let drawer = |told| Answer::Drawer(told);
    let opened = r#","currency":"EUR","business_day":"2026-01-31","float":5"#;
    replied(&format!(r#""open_session"{till}{opened}"#), &drawer(Told::SessionOpened { session: SessionNo(7) }));
    replied(&format!(r#""paid_in"{till}{cash}"#), &drawer(Told::CashMoved(Movement::PaidIn)));
    replied(&format!(r#""paid_out"{till}{cash}"#), &drawer(Told::CashMoved(Movement::PaidOut)));
    replied(&format!(r#""drop"{till}{cash}"#), &drawer(Told::CashMoved(Movement::Drop)));
    replied(&format!(r#""no_sale"{till},"reason":"x""#), &drawer(Told::NoSaleOpened));
    let voided = r#","currency":"EUR","sku":"TEA","qty":1,"amount":5,"reason":"x""#;
    replied(&format!(r#""void_line"{till}{voided}"#), &Answer::Basket(basket::Told::LineVoided));
    let suspend = format!(r#""suspend"{till},"owner":"c","currency":"EUR","basket":{{{line}}}"#);
    let short = Box::new([SkuQty { sku: SkuId(0), qty: Qty::units(1) }]);
    replied(&suspend, &Answer::Basket(basket::Told::Suspended { deadline: NOW, short: Box::new([]) }));
    replied(&suspend, &Answer::Basket(basket::Told::Suspended { deadline: NOW, short: short.clone() }));
    let recall = format!(r#""recall"{till},"basket":"{ID}","owner":"c","ttl_s":9"#);
    for held in [short as Box<[SkuQty]>, Box::new([])] {
        let recalled = basket::Told::Recalled { deadline: NOW, held, basket: suspended().into() };
        let text = replied(&recall, &Answer::Basket(recalled));
        assert!(text.contains(r#""basket":{"lines":[{"sku":"ODD \"1\"","qty":"1.5","amount":5,"#), "{text}");
    }
    let of = format!(r#"{till},"layaway":"L-1","currency":"EUR""#);
    let opened = layaway::Told::Opened { due: NOW, deposits: Minor(5), left: Minor(6) };
    replied(&format!(r#""open_layaway"{of},"customer":"Ann","ttl_s":9,{line}"#), &Answer::Layaway(opened));
    let deposited = layaway::Told::Deposited { deposits: Minor(5), left: Minor(0) };
    let paid = r#""tenders":[{"type":"cash","amount":5}]"#;
    replied(&format!(r#""deposit"{of},{paid}"#), &Answer::Layaway(deposited));
    for tenders in [vec![], vec![Tender { kind: TenderKind::Card, amount: Minor(4) }]] {
        let cancelled = layaway::Told::Cancelled { tenders: tenders.into(), kept: Minor(1) };
        replied(&format!(r#""cancel_layaway"{of},"reason":"x""#), &Answer::Layaway(cancelled));
    }
    let report = session();
    let text = replied(&format!(r#""x_report"{till}"#), &drawer(Told::Read(Box::new(report.clone()))));
    assert!(text.contains(r#""report":{"location":"S1","till":3,"session":1,"#), "{text}");
    let close = format!(r#""close_session"{till},"currency":"EUR""#);
    replied(&close, &drawer(Told::SessionClosed(Box::new(report))));
    replied(r#""set_drawer_rules","location":"S1""#, &Answer::DrawerRulesSet);
    let items = r#""define_items","items":[{"sku":"X","name":"x","tax_class":"s"}]"#;
    replied(items, &Answer::ItemsDefined { added: 1, changed: 2 });
}

#[test]
fn quantities_print_alike_everywhere() {
    for milli in [0, 1, 10, 100, 1_000, 1_001, 1_010, 1_100, -1, -999, -1_000, -1_500, i64::MAX, i64::MIN] {
        let text = replied(
            r#""count","location":"S1","sku":"TEA","counted":1"#,
            &Answer::Counted { variance: Qty::from_milli(milli) },
        );
        assert!(text.contains(&format!(r#""variance":"{}""#, Qty::from_milli(milli))), "{text}");
    }
}

#[test]
fn levels_show_what_their_audience_may_know() {
    let level = Level {
        version: Version(7),
        on_hand: Qty::units(5),
        reserved: Qty::units(1),
        low_at: Qty::units(2),
        atp: [Qty::units(4), Qty::units(2), Qty::ZERO],
        ..Level::default()
    };
    let (sku, location) =
        (book().item_numbered(SkuId(0)).unwrap(), book().location_numbered(onhand_engine::ids::LocationId(1)).unwrap());
    for audience in
        [Audience::Staff(Channel::Till), Audience::Public(Channel::Web), Audience::Public(Channel::Marketplace)]
    {
        let mut out = Vec::new();
        convert::level(&mut out, &location.code, &sku.code, NOW, &level, audience);
        let text = String::from_utf8(out).unwrap();
        let typed = convert::level_message(Text(location.code.clone()), Text(sku.code.clone()), NOW, &level, audience);
        assert_eq!(text, serde_json::to_string(&typed).unwrap());
        assert_eq!(text.contains("on_hand"), matches!(audience, Audience::Staff(_)));
        let push = format!(r#"{{"levels":[{text}]}}"#);
        assert_eq!(Incoming::parse(&push), Ok(Incoming::Levels(vec![typed])));
    }
}

#[test]
fn refusals_carry_codes_and_data() {
    let asked = Asked::of(&entered(&format!(r#"{{"op":"end_promotion","promotion":"P","id":"{ID}"}}"#)), None);
    let why = Refusal::ShortStock { sku: SkuId(0), short_by: Qty::units(1), available: Qty::ZERO };
    let mut out = Vec::new();
    convert::refused(&mut out, &asked, &why, &book());
    let text = String::from_utf8(out).unwrap();
    assert_eq!(
        text,
        r#"{"id":"0190a0b0-7000-7000-8000-000000000001","error":{"number":2001,"name":"short_stock","message":"TEA: 1 too few: 0 available","help":"/errors/2001","sku":"TEA","short_by":"1","available":"0"}}"#
    );
    let error = Reply::parse(&text).unwrap().result.unwrap_err();
    let problem = error.problem();
    assert_eq!(problem["type"], "/errors/2001");
    assert_eq!(problem["status"], 409);
    assert_eq!(problem["detail"], "TEA: 1 too few: 0 available");
    assert_eq!(ErrorBody::from_problem(problem.to_string().as_bytes()).as_ref(), Some(&*error));
    let both = problem.to_string().replace("{", r#"{"message":"other","#);
    assert_eq!(ErrorBody::from_problem(both.as_bytes()).as_ref(), Some(&*error));
}

#[test]
fn clients_ignore_fields_they_do_not_know() {
    for text in [
        format!(r#"{{"id":"{ID}","ok":"pong","time":"2026-01-01T00:00:00Z","news":[1]}}"#),
        format!(r#"{{"time":"2026-01-01T00:00:00Z","news":{{}},"ok":"pong","id":"{ID}"}}"#),
    ] {
        let reply = Reply::parse(&text).unwrap();
        assert_eq!((reply.id, reply.result.unwrap().ok()), (Some(ID.parse().unwrap()), "pong"));
    }
    assert!(Incoming::parse(r#"{"id":null}"#).is_err());
    assert!(Incoming::parse("[]").is_err());
}
