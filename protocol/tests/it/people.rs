//! People on the wire: what they may ask, what is answered, and that a PIN is shown by nothing.

use crate::book::book;
use crate::commands::{ID, entered};
use onhand_engine::answer::Answer;
use onhand_engine::catalogue::KeyId;
use onhand_engine::command::Action;
use onhand_engine::event::{Event, Record};
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::ids::{CommandId, Label, LocationId, Seq, UserCode};
use onhand_engine::money::Minor;
use onhand_engine::people::{By, Capabilities, Capability, Limits, PinHash, UserNo};
use onhand_engine::refusal::Refusal;
use onhand_engine::time::Timestamp;
use onhand_protocol::convert::{self, Asked, Names};
use onhand_protocol::message::{Body, Channel, Reply, Request};
use std::num::NonZeroU32;
use std::sync::Arc;

fn request(rest: &str) -> String {
    format!(r#"{{"op":{rest},"id":"{ID}"}}"#)
}

#[track_caller]
fn refused(rest: &str, number: u16, field: &str) {
    let error = Request::parse(&request(rest)).unwrap_err().error;
    assert_eq!((error.number, error.field.as_deref().unwrap_or("")), (number, field), "{}", error.message);
    assert!(!error.message.contains("4711"), "{}", error.message);
}

#[test]
fn commands_about_people_become_the_chain_s() {
    let label = |text: &str| Label::new(text).unwrap();
    let ann = || UserCode::new("ann").unwrap();
    for (rest, action) in [
        (
            r#""define_role","role":"cashier","capabilities":["sell","approve","sell"]"#,
            Action::DefineRole {
                role: label("cashier"),
                capabilities: Capabilities::of(&[Capability::Sell, Capability::Approve]),
                limits: Limits::default(),
            },
        ),
        (
            r#""define_role","role":"cashier","capabilities":["return"],"limits":{"discount_ppm_max":100000,"refund_max":5000}"#,
            Action::DefineRole {
                role: label("cashier"),
                capabilities: Capabilities::of(&[Capability::Return]),
                limits: Limits { discount_ppm_max: Some(100_000), refund_max: Some(Minor(5_000)) },
            },
        ),
        (
            r#""define_user","user":"ann","name":"Ann","roles":["cashier"]"#,
            Action::DefineUser { code: ann(), name: "Ann".into(), roles: vec![label("cashier")] },
        ),
        (r#""disable_user","user":"ann""#, Action::DisableUser { user: ann(), disabled: true }),
        (r#""disable_user","user":"ann","disabled":false"#, Action::DisableUser { user: ann(), disabled: false }),
        (
            r#""require_people","location":"S1","required":true"#,
            Action::RequirePeople { at: LocationId(1), required: true },
        ),
        (r#""require_people","required":false"#, Action::RequirePeople { at: LocationId::CHAIN, required: false }),
    ] {
        let command = entered(&request(rest));
        assert_eq!((command.location, command.action), (LocationId::CHAIN, action), "{rest}");
    }
}

/// Those that need their PIN looked at first are no commands by themselves.
#[test]
fn what_carries_a_pin_goes_another_way() {
    for rest in [r#""sign_in","user":"ann","pin":"4711""#, r#""sign_out""#, r#""set_pin","user":"ann","pin":"4711""#] {
        let asked = Request::parse(&request(rest)).unwrap();
        assert_eq!(Request::parse(&asked.to_json()).unwrap(), asked);
        assert!(!format!("{asked:?}").contains("4711"), "{asked:?}");
        let refused = convert::command(asked.id.command(), asked.body, Channel::Till, &book()).unwrap_err();
        assert_eq!(refused.number, 1002);
    }
    let Body::SetPin(asked) = Request::parse(&request(r#""set_pin","user":"ann","pin":"4711""#)).unwrap().body else {
        panic!("another request")
    };
    assert_eq!(asked.pin.digits(), "4711");
    let command = convert::set_pin(CommandId(7), asked, PinHash::new("h"), Channel::Till).command;
    let user = UserCode::new("ann").unwrap();
    assert_eq!((command.id, command.action), (CommandId(7), Action::SetPin { user, pin: PinHash::new("h") }));
}

#[test]
fn an_approval_stands_beside_any_body_and_in_any_place() {
    let approval = r#""approval":{"user":"max","pin":"4711"}"#;
    let adjust = r#""location":"S1","sku":"TEA","delta":1,"reason":"x""#;
    let plain = Request::parse(&request(&format!(r#""adjust",{adjust}"#))).unwrap();
    assert_eq!(plain.approval, None);
    for text in [
        request(&format!(r#""adjust",{adjust},{approval}"#)),
        request(&format!(r#""adjust",{approval},{adjust}"#)),
        format!(r#"{{{approval},{adjust},"id":"{ID}","op":"adjust"}}"#),
    ] {
        let asked = Request::parse(&text).unwrap();
        assert_eq!(asked.approval.as_ref().map(|one| one.user.to_string()).as_deref(), Some("max"));
        assert_eq!(asked.body, plain.body);
        assert_eq!(Request::parse(&asked.to_json()).unwrap(), asked);
        assert!(!format!("{asked:?}").contains("4711"));
    }
    let (body, approved) = Body::parse("adjust", format!("{{{adjust},{approval}}}").as_bytes()).unwrap();
    assert_eq!((body, approved.is_some()), (plain.body, true));
    refused(&format!(r#""adjust",{adjust},{approval},{approval}"#), 1001, "approval");
    refused(&format!(r#""adjust",{adjust},"approval":null"#), 1001, "approval");
    refused(&format!(r#""adjust",{adjust},"approval":{{"user":"max"}}"#), 1001, "approval.pin");
    refused(&format!(r#""adjust",{adjust},"approval":{{"pin":"4711"}}"#), 1001, "approval.user");
    refused(&format!(r#""adjust",{adjust},"approval":{{"user":"max","pin":4711}}"#), 4020, "approval.pin");
}

#[test]
fn a_pin_is_a_string_of_digits_and_no_error_says_what_else_it_was() {
    for pin in ["4711.5", "4711", "-4711", "true", "null", r#""47111111111111""#, r#""4711 ""#, r#""٤٧١١""#] {
        refused(&format!(r#""sign_in","user":"ann","pin":{pin}"#), 4020, "pin");
    }
    for pin in [r#"["4711"]"#, r#"{"4711":1}"#] {
        refused(&format!(r#""sign_in","user":"ann","pin":{pin}"#), 1001, "pin");
    }
    refused(r#""sign_in","user":"ann","pin":"4711","pin":"4711""#, 1001, "pin");
    refused(r#""sign_out","user":"ann""#, 1001, "user");
}

#[test]
fn answers_about_people_are_the_typed_ones() {
    let command = entered(&request(r#""disable_user","user":"ann""#));
    for (answer, ok) in [
        (Answer::RoleDefined, "role_defined"),
        (Answer::UserDefined, "user_defined"),
        (Answer::PinSet, "pin_set"),
        (Answer::UserDisabled, "user_disabled"),
        (Answer::PeopleRequired, "people_required"),
    ] {
        let mut out = Vec::new();
        convert::reply(&mut out, &Asked::of(&command, None), Seq(5), Timestamp(1), &answer, &book());
        let text = String::from_utf8(out).unwrap();
        let mut typed = Vec::new();
        let reply = Reply::parse(&text).unwrap();
        reply.write(&mut typed);
        assert_eq!(String::from_utf8(typed).unwrap(), text);
        assert_eq!(reply.result.unwrap().ok(), ok);
    }
}

#[test]
fn refusals_of_people_say_who_and_what() {
    let error = |refusal: &Refusal| serde_json::to_value(convert::refusal(refusal, &book())).unwrap();
    let lacks = error(&Refusal::LacksCapability { capability: Capability::AdjustStock });
    assert_eq!((&lacks["number"], &lacks["capability"]), (&4011.into(), &"adjust_stock".into()));
    let disabled = error(&Refusal::UserDisabled { user: UserCode::new("ann").unwrap() });
    assert_eq!((&disabled["number"], &disabled["user"]), (&4012.into(), &"ann".into()));
    let may_not = error(&Refusal::MayNotApprove { capability: Capability::Approve });
    assert_eq!((&may_not["field"], &may_not["capability"]), (&"approval".into(), &"approve".into()));
    let unknown = error(&Refusal::UnknownRole { role: Label::new("boss").unwrap() });
    assert_eq!((&unknown["number"], &unknown["role"]), (&4016.into(), &"boss".into()));
}

/// An address book that knows Ann, Max and the till.
struct Staff;

impl Names for Staff {
    fn item(&self, _: &onhand_engine::ids::SkuCode) -> Option<Arc<onhand_engine::catalogue::Item>> {
        None
    }
    fn item_by_gtin(&self, _: onhand_engine::gtin::Gtin) -> Option<Arc<onhand_engine::catalogue::Item>> {
        None
    }
    fn item_numbered(&self, sku: onhand_engine::ids::SkuId) -> Option<Arc<onhand_engine::catalogue::Item>> {
        book().item_numbered(sku)
    }
    fn location(&self, _: &onhand_engine::ids::LocationCode) -> Option<Arc<onhand_engine::catalogue::Location>> {
        None
    }
    fn location_numbered(&self, id: LocationId) -> Option<Arc<onhand_engine::catalogue::Location>> {
        book().location_numbered(id)
    }
    fn user_numbered(&self, no: UserNo) -> Option<UserCode> {
        ["ann", "max"].get(no.index()).map(|code| UserCode::new(code).unwrap())
    }
    fn holder(&self, key: KeyId) -> Option<Label> {
        (key == KeyId(0xa1)).then(|| Label::new("till 3").unwrap())
    }
}

#[test]
fn events_say_who_asked_and_no_hash() {
    let no = |n: u32| UserNo(NonZeroU32::new(n).unwrap());
    let by = By { device: Some(KeyId(0xa1)), user: Some(no(1)), approver: Some(no(2)) };
    let told = |by: By, event: Event| {
        let (time, command) = (Timestamp(1), CommandId(1));
        let record = Record { time, command, fingerprint: Fingerprint::default(), location: LocationId(0), by, event };
        serde_json::to_value(convert::event(Seq(9), &record, &Staff)).unwrap()
    };
    let set = told(by, Event::PinSet { user: no(2), pin: PinHash::new("$argon2id$secret") });
    let wanted = r#"{"user":"ann","approver":"max","device":"00000000000000a1","holder":"till 3"}"#;
    assert_eq!(set["by"].to_string(), serde_json::from_str::<serde_json::Value>(wanted).unwrap().to_string());
    assert_eq!((&set["event"], &set["user"]), (&"pin_set".into(), &"max".into()));
    assert!(!set.to_string().contains("argon2"), "{set}");
    let required = told(By::default(), Event::PeopleRequired { at: LocationId(1), required: true });
    assert_eq!(
        (&required["location"], &required["required"], &required["by"]),
        (&"S1".into(), &true.into(), &serde_json::Value::Null)
    );
    let unknown =
        told(By { device: Some(KeyId(7)), ..By::default() }, Event::UserDisabled { user: no(9), disabled: true });
    assert_eq!(unknown["by"].to_string(), r#"{"device":"0000000000000007"}"#);
    assert_eq!((&unknown["user"], &unknown["disabled"]), (&serde_json::Value::Null, &true.into()));
}
