//! onhand, spoken to over its WebSocket as a till speaks to it.

use crate::chance::Chance;
use crate::load::{Shape, Told, Wire};
use crate::pick::{Basket, LOCATIONS};
use crate::shop::{OFF, PRICE, location, sku};
use crate::websocket::{Said, client_frame, server_frames, upgrade};
use std::net::{SocketAddr, TcpStream};
use std::time::{SystemTime, UNIX_EPOCH};

const ID_BYTES: usize = 36;
/// How an answer begins; the id follows, then what came of it.
const HEAD: &[u8] = b"{\"id\":\"";
const RECORDED: &[u8] = b"\",\"ok\":\"recorded\"";
const REFUSED: &[u8] = b"\",\"error\":{\"number\":2001,";

/// Where in a sale's text its id, its location and its items are patched.
pub(crate) struct Template {
    text: Vec<u8>,
    id: usize,
    location: usize,
    skus: Vec<usize>,
}

impl Template {
    /// Lines and nothing else.
    pub(crate) fn bare(lines: usize) -> Self {
        Self::new(lines, "")
    }

    /// Rung up at a till, with what the promotion takes off, paid with cash and card.
    pub(crate) fn full(lines: usize) -> Self {
        let due = PRICE * lines as i64 - OFF;
        let (cash, card) = (due / 2, due - due / 2);
        Self::new(
            lines,
            &format!(r#","till":1,"tenders":[{{"type":"cash","amount":{cash}}},{{"type":"card","amount":{card}}}]"#),
        )
    }

    fn new(lines: usize, more: &str) -> Self {
        let line = format!(r#"{{"sku":"{}","qty":"1"}}"#, sku(0));
        let lines = vec![line; lines].join(",");
        let head = r#"{"op":"sell","id":""#;
        let id = "0".repeat(ID_BYTES);
        let middle = r#"","location":""#;
        let text = format!(r#"{head}{id}{middle}{}","currency":"EUR","lines":[{lines}]{more}}}"#, location(0));
        let found = |what: &str| text.match_indices(what).map(|(at, _)| at).collect::<Vec<_>>();
        // The last digits of the codes are what changes.
        let skus = found(&sku(0)).into_iter().map(|at| at + sku(0).len() - 6).collect();
        let location = head.len() + ID_BYTES + middle.len() + location(0).len() - 1;
        Self { id: head.len(), location, skus, text: text.into_bytes() }
    }
}

/// One id per sale in flight, fresh for each sale: version 7, with its place in the last eight digits.
type SaleId = [u8; ID_BYTES];

pub(crate) struct Onhand {
    shape: Shape,
    template: Template,
    /// The frame's head, and the bytes of an array around its sales.
    message: Vec<u8>,
    ids: Vec<SaleId>,
    /// Whether the sale with this id is unanswered.
    open: Vec<bool>,
    chance: Chance,
}

impl Onhand {
    pub(crate) fn new(shape: Shape, template: Template, seed: u64) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let time = format!("{:012x}", since.as_millis());
        let id = |place: usize| {
            let text = format!("{}-{}-7000-8000-0000{place:08x}", &time[..8], &time[8..]);
            let mut id = [0; ID_BYTES];
            id.copy_from_slice(text.as_bytes());
            id
        };
        let sales = shape.seats() * shape.per_message;
        Self {
            shape,
            template,
            message: Vec::new(),
            ids: (0..sales).map(id).collect(),
            open: vec![false; sales],
            chance: Chance::new(seed ^ since.as_nanos() as u64),
        }
    }

    pub(crate) fn connect(&self, address: SocketAddr, key: &str) -> Result<Vec<TcpStream>, String> {
        let open = |_| {
            let socket = TcpStream::connect(address).map_err(|why| why.to_string())?;
            upgrade(socket, "/v1/ws", Some(key))
        };
        (0..self.shape.connections).map(open).collect()
    }

    fn sale(&mut self, place: usize, basket: &Basket) {
        let id = &mut self.ids[place];
        let mut random = self.chance.next();
        // Ten digits that no earlier sale of this place had; the version and the variant stay.
        for at in [15, 16, 17, 20, 21, 22, 24, 25, 26, 27] {
            id[at] = b"0123456789abcdef"[(random & 15) as usize];
            random >>= 4;
        }
        self.open[place] = true;
        let start = self.message.len();
        self.message.extend_from_slice(&self.template.text);
        let text = &mut self.message[start..];
        text[self.template.id..][..ID_BYTES].copy_from_slice(id);
        text[self.template.location] = b'0' + (basket.skus()[0] % LOCATIONS) as u8;
        for (sku, at) in basket.skus().iter().zip(&self.template.skus) {
            digits(*sku, &mut text[*at..][..6]);
        }
    }
}

/// A number with leading zeros.
pub(crate) fn digits(number: u32, to: &mut [u8]) {
    let mut rest = number;
    for digit in to.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
}

impl Wire for Onhand {
    fn ask(&mut self, seat: usize, baskets: &[Basket], out: &mut Vec<u8>) {
        self.message.clear();
        let many = baskets.len() > 1;
        for (at, basket) in baskets.iter().enumerate() {
            if many {
                self.message.push(if at == 0 { b'[' } else { b',' });
            }
            self.sale(seat * self.shape.per_message + at, basket);
        }
        if many {
            self.message.push(b']');
        }
        client_frame(&self.message, out);
    }

    fn read(&mut self, bytes: &[u8], mut tell: impl FnMut(Told)) -> Result<usize, String> {
        let (ids, open, per_message) = (&self.ids, &mut self.open, self.shape.per_message);
        server_frames(bytes, |said| {
            // A leg is too short for a connection to be asked whether it lives.
            let Said::Text(text) = said else { return Ok(()) };
            let mut rest = text;
            let mut any = false;
            while let Some(start) = rest.windows(HEAD.len()).position(|some| some == HEAD) {
                rest = &rest[start + HEAD.len()..];
                let place = place(rest).filter(|place| ids.get(*place).is_some_and(|id| rest.starts_with(id)));
                let place = place.filter(|place| std::mem::take(&mut open[*place])).ok_or_else(|| strange(text))?;
                rest = &rest[ID_BYTES..];
                let (accepted, refused) = match rest {
                    rest if rest.starts_with(RECORDED) => (1, 0),
                    rest if rest.starts_with(REFUSED) => (0, 1),
                    _ => return Err(strange(text)),
                };
                tell(Told { seat: Some(place / per_message), accepted, refused, failed: 0 });
                any = true;
                // An answer is longer than its id and its word; only an array has more of them.
                if text[0] != b'[' {
                    break;
                }
            }
            if any { Ok(()) } else { Err(strange(text)) }
        })
    }
}

/// The place in the last eight digits of an id.
fn place(id: &[u8]) -> Option<usize> {
    let mut place = 0;
    for digit in id.get(ID_BYTES - 8..ID_BYTES)? {
        place = place << 4 | (*digit as char).to_digit(16)? as usize;
    }
    Some(place)
}

fn strange(text: &[u8]) -> String {
    format!("onhand answered {}", String::from_utf8_lossy(&text[..text.len().min(300)]))
}
