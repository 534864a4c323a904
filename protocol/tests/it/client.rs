//! The client against a server of a few lines: matching by id, exactly once over a lost connection,
//! the newest level only.

use futures_util::{SinkExt, StreamExt};
use onhand_protocol::client::{Client, Error, Feed, Options, Patience, Reconnecting};
use onhand_protocol::http_client::HttpClient;
use onhand_protocol::message::{Body, Ping, Reply, Request, Subscribe};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

type Socket = WebSocketStream<TcpStream>;

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

#[expect(clippy::result_large_err, reason = "the shape of the library's callback")]
async fn accept(listener: &TcpListener) -> Socket {
    use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
    let (stream, _) = listener.accept().await.unwrap();
    let check = |request: &Request, mut response: Response| {
        assert_eq!(request.uri().path(), "/v1/ws");
        assert_eq!(request.headers()["authorization"], "Bearer ohk_1");
        let asked = request.headers()["sec-websocket-protocol"].clone();
        response.headers_mut().insert("sec-websocket-protocol", asked);
        Ok(response)
    };
    tokio_tungstenite::accept_hdr_async(stream, check).await.unwrap()
}

async fn hear(socket: &mut Socket) -> Request {
    loop {
        if let Message::Text(text) = socket.next().await.unwrap().unwrap() {
            return Request::parse(&text).unwrap();
        }
    }
}

async fn pong(socket: &mut Socket, request: &Request) {
    let text = format!(r#"{{"id":"{}","ok":"pong","time":"2026-01-01T00:00:00.000Z"}}"#, request.id);
    socket.send(Message::text(text)).await.unwrap();
}

fn ping() -> Request {
    Request::new(Body::Ping(Ping {}))
}

fn level(version: u64) -> String {
    format!(
        r#"{{"location":"S1","sku":"TEA","version":{version},"time":"2026-01-01T00:00:00.000Z","available":"{version}","low":false}}"#
    )
}

#[tokio::test]
async fn answers_out_of_order_find_their_requests() {
    let (listener, url) = listen().await;
    let server = async {
        let mut socket = accept(&listener).await;
        let mut requests = Vec::new();
        for _ in 0..100 {
            requests.push(hear(&mut socket).await);
        }
        for request in requests.iter().rev() {
            pong(&mut socket, request).await;
        }
        socket
    };
    let requests: Vec<Request> = (0..100).map(|_| ping()).collect();
    let client = async {
        let client = Client::connect(&url, "ohk_1").await.unwrap();
        (client.send_all(&requests).await, client)
    };
    let (_socket, (replies, _client)) = tokio::join!(server, client);
    for (request, reply) in requests.iter().zip(replies) {
        assert_eq!(reply.unwrap().id, Some(request.id));
    }
}

#[tokio::test]
async fn a_lost_connection_is_not_an_answer() {
    let (listener, url) = listen().await;
    let server = async {
        let mut socket = accept(&listener).await;
        hear(&mut socket).await;
        let text = r#"{"id":null,"error":{"number":4003,"name":"revoked_key","message":"m","help":"/errors/4003"}}"#;
        socket.send(Message::text(text)).await.unwrap();
        socket.close(None).await.unwrap();
    };
    let client = async {
        let client = Client::connect(&url, "ohk_1").await.unwrap();
        let outcome = client.call(&ping()).await;
        assert!(client.is_closed());
        assert_eq!(client.feed().next().await, []);
        outcome
    };
    let ((), outcome) = tokio::join!(server, client);
    assert!(matches!(outcome, Err(Error::Closed(Some(why))) if why.number == 4003));
}

#[tokio::test]
async fn no_answer_in_time_is_said() {
    let (listener, url) = listen().await;
    let options = Options { call_timeout: Duration::from_millis(20), ..Options::default() };
    let connecting = Client::connect_with(&url, Some("ohk_1"), options, Feed::default());
    let (_socket, client) = tokio::join!(accept(&listener), connecting);
    assert_eq!(client.unwrap().call(&ping()).await, Err(Error::TimedOut));
}

#[tokio::test]
async fn a_reconnection_sends_the_same_id_again_and_watches_on() {
    let (listener, url) = listen().await;
    let server = async {
        let mut socket = accept(&listener).await;
        let subscribe = hear(&mut socket).await;
        let text = format!(r#"{{"id":"{}","ok":"subscribed","levels":[{}]}}"#, subscribe.id, level(7));
        socket.send(Message::text(text)).await.unwrap();
        let first = hear(&mut socket).await;
        drop(socket);

        let mut socket = accept(&listener).await;
        let subscribe = hear(&mut socket).await;
        let Body::Subscribe(again) = subscribe.body else { panic!("not a subscription") };
        let since = again.since.unwrap();
        assert_eq!(since.values().next().unwrap().values().copied().collect::<Vec<u64>>(), [7]);
        let text = format!(r#"{{"id":"{}","ok":"subscribed","levels":[{}]}}"#, subscribe.id, level(9));
        socket.send(Message::text(text)).await.unwrap();
        socket.send(Message::text(format!(r#"{{"levels":[{}]}}"#, level(8)))).await.unwrap();
        let second = hear(&mut socket).await;
        assert_eq!(second, first, "the same request with the same id");
        pong(&mut socket, &second).await;
        socket
    };
    let patience = Patience { first_wait: Duration::from_millis(1), ..Patience::default() };
    let till = Reconnecting::new(&url, "ohk_1", Options::default(), patience);
    let client = async {
        till.subscribe(Subscribe::default()).await.unwrap();
        assert_eq!(till.levels().await[0].version, 7);
        let request = ping();
        let reply: Reply = till.call(&request).await.unwrap();
        assert_eq!(reply.id, Some(request.id));
        let levels = till.levels().await;
        assert_eq!(levels.iter().map(|level| level.version).collect::<Vec<_>>(), [9], "versions only go up");
    };
    let (_socket, ()) = tokio::join!(server, client);
}

#[tokio::test]
async fn patience_ends_with_the_last_error() {
    let (listener, url) = listen().await;
    drop(listener);
    let patience = Patience {
        first_wait: Duration::from_millis(1),
        give_up_after: Duration::from_millis(30),
        ..Patience::default()
    };
    let till = Reconnecting::new(&url, "ohk_1", Options::default(), patience);
    assert!(matches!(till.call(&ping()).await, Err(Error::Connect { .. })));
    let till = Reconnecting::new("ftp://x", "ohk_1", Options::default(), Patience::default());
    assert!(matches!(till.call(&ping()).await, Err(Error::BadAddress(_))));
}

#[tokio::test]
async fn problems_over_http_are_typed() {
    let (listener, url) = listen().await;
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = vec![0; 4_096];
        let len = stream.read(&mut head).await.unwrap();
        let head = String::from_utf8(head[..len].to_vec()).unwrap().to_lowercase();
        assert!(head.starts_with("post /v1/sell http/1.1\r\n"), "{head}");
        for line in ["authorization: bearer ohk_1", "idempotency-key: 0190a0b0-7000-7000-8000-000000000001"] {
            assert!(head.contains(line), "{head}");
        }
        let body =
            r#"{"type":"/errors/2001","title":"t","status":409,"detail":"d","number":2001,"name":"short_stock"}"#;
        let answer = format!("HTTP/1.1 409 Conflict\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        stream.write_all(answer.as_bytes()).await.unwrap();
    };
    let http = HttpClient::new(&url, Some("ohk_1"));
    let id = "0190a0b0-7000-7000-8000-000000000001".parse().unwrap();
    let ((), outcome) = tokio::join!(server, http.post("/v1/sell", Some(id), "{}"));
    let Err(Error::Refused(why)) = outcome else { panic!("{outcome:?}") };
    assert_eq!((why.number, why.message.as_str(), why.help.as_str()), (2001, "d", "/errors/2001"));
}
