//! A server that keeps answers by id, as the real one does, and drops connections when told to.

use futures_util::{SinkExt, StreamExt};
use onhand_engine::money::Minor;
use onhand_engine::time::Timestamp;
use onhand_protocol::message::{
    Body, ErrorBody, ItemsDefined, Plain, Pong, Quoted, Recorded, Reply, Request, Reserved, Returned, Success,
};
use onhand_protocol::value::{Amount, Id, Position, Time};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request as Handshake, Response};

#[derive(Default)]
pub(crate) struct State {
    /// Items that it has.
    pub(crate) skus: BTreeSet<String>,
    pub(crate) locations: BTreeSet<String>,
    /// Answers by id, with what was asked.
    pub(crate) answers: BTreeMap<Id, (String, Success)>,
    /// Commands in the order in which they came.
    pub(crate) log: Vec<Body>,
    /// Whether this key may define items.
    pub(crate) may_define_items: bool,
    /// A connection is dropped, its last command done but not answered, at each such command.
    pub(crate) drop_every: Option<usize>,
    /// Told at every command.
    pub(crate) news: Arc<Notify>,
    now: u64,
}

pub(crate) struct Fake {
    pub(crate) url: String,
    pub(crate) state: Arc<Mutex<State>>,
}

impl Fake {
    pub(crate) async fn start(skus: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let skus = skus.iter().map(|sku| (*sku).to_owned()).collect();
        let state = Arc::new(Mutex::new(State { skus, ..State::default() }));
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, shared.clone()));
            }
        });
        Self { url, state }
    }
}

async fn serve(stream: TcpStream, state: Arc<Mutex<State>>) {
    let agree = |request: &Handshake, mut response: Response| {
        let protocol = request.headers()["sec-websocket-protocol"].clone();
        response.headers_mut().insert("sec-websocket-protocol", protocol);
        Ok(response)
    };
    let mut socket = tokio_tungstenite::accept_hdr_async(stream, agree).await.unwrap();
    while let Some(Ok(Message::Text(text))) = socket.next().await {
        let request = Request::parse(&text).unwrap();
        let Some(reply) = state.lock().unwrap().answer(&request) else { return };
        let mut json = Vec::new();
        reply.write(&mut json);
        socket.send(Message::text(String::from_utf8(json).unwrap())).await.unwrap();
    }
}

impl State {
    /// None: the connection breaks before the answer.
    fn answer(&mut self, request: &Request) -> Option<Reply> {
        self.now += 1;
        let result = self.decide(request);
        let breaks = self.drop_every.is_some_and(|every| self.now.is_multiple_of(every as u64));
        (!breaks).then(|| Reply { id: Some(request.id), result: result.map_err(Box::new) })
    }

    fn decide(&mut self, request: &Request) -> Result<Success, ErrorBody> {
        self.check_codes(&request.body)?;
        let content = format!("{:?}", request.body);
        match self.answers.get(&request.id) {
            Some((known, answer)) if *known == content => return Ok(answer.clone()),
            Some(_) => return Err(ErrorBody::new(1008, "other content")),
            None => {}
        }
        let (seq, time) = (Position::default(), Time(Timestamp(self.now)));
        let success = match &request.body {
            Body::Ping(_) => return Ok(Success::Pong(Pong { time })),
            Body::Get(_) => return Err(ErrorBody::new(4004, "it is there; its level is of no interest here")),
            Body::Quote(quote) => {
                let (hash, currency, total) = (String::new(), quote.currency, Amount(Minor(1_210)));
                let (net, tax) = (Amount(Minor(1_000)), Amount(Minor(210)));
                let (lines, promotions, discount) = (Vec::new(), Vec::new(), None);
                let quoted = Quoted { version: 1, time, hash, currency, net, tax, total, lines, promotions, discount };
                return Ok(Success::Quoted(quoted));
            }
            Body::DefineItems(_) if !self.may_define_items => return Err(ErrorBody::new(4004, "not with this key")),
            Body::DefineItems(define) => {
                self.skus.extend(define.items.iter().map(|item| item.sku.as_str().to_owned()));
                Success::ItemsDefined(ItemsDefined { seq, time, added: define.items.len() as u32, changed: 0 })
            }
            Body::DefineLocation(location) => {
                self.locations.insert(location.code.as_str().to_owned());
                Success::LocationDefined(Plain { seq, time })
            }
            Body::Receive(_) => Success::Received(Plain { seq, time }),
            Body::Sell(sale) => {
                let total: Minor = sale.lines.iter().filter_map(|line| Some(line.amount?.0)).sum();
                let (total, currency) = (Amount(total), sale.currency);
                let (oversold, exceptions) = (Vec::new(), Vec::new());
                Success::Recorded(Recorded { seq, time, receipt: None, total, currency, oversold, exceptions })
            }
            Body::Reserve(_) => Success::Reserved(Reserved { seq, time, reservation: request.id, deadline: time }),
            Body::Release(_) => Success::Released(Plain { seq, time }),
            Body::Return(goods) => {
                let (total, currency) = (Amount(Minor(1)), goods.currency);
                Success::Returned(Returned {
                    seq,
                    time,
                    receipt: None,
                    total,
                    currency,
                    exceptions: vec![],
                    refunds: vec![],
                })
            }
            other => panic!("{} was not expected", other.op()),
        };
        self.log.push(request.body.clone());
        self.news.notify_one();
        self.answers.insert(request.id, (content, success.clone()));
        Ok(success)
    }

    /// Codes are looked up first, as at the real door; then comes the id.
    fn check_codes(&self, body: &Body) -> Result<(), ErrorBody> {
        match body {
            Body::Get(get) => self.check(get.location.as_str(), [get.sku.as_str()]),
            Body::Receive(goods) => {
                self.check(goods.location.as_str(), goods.lines.iter().map(|line| line.sku.as_str()))
            }
            Body::Sell(sale) => {
                let skus = sale.lines.iter().filter_map(|line| Some(line.sku.as_ref()?.as_str()));
                self.check(sale.location.as_str(), skus)
            }
            _ => Ok(()),
        }
    }

    fn check<'a>(&self, location: &str, skus: impl IntoIterator<Item = &'a str>) -> Result<(), ErrorBody> {
        if !self.locations.contains(location) {
            return Err(ErrorBody::new(1004, "no such location"));
        }
        match skus.into_iter().find(|sku| !self.skus.contains(*sku)) {
            Some(sku) => Err(ErrorBody { sku: Some(sku.parse().unwrap()), ..ErrorBody::new(1003, "no such item") }),
            None => Ok(()),
        }
    }
}
