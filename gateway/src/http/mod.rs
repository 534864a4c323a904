//! HTTP on the same port: commands, reads, keys, health, metrics, pages, and the way to WebSocket.

mod answer;
mod app;
mod commands;
mod customers;
mod figures;
mod keys;
mod operations;
mod pages;
mod payments;
mod people;
mod reads;
mod reports;
mod selling;
mod tokens;
mod upgrade;
mod z;

use crate::card_numbers;
use crate::rights::Address;
use crate::server::Shared;
use crate::worker::{Arrived, FromHttp};
use app::App;
use axum::body::Body;
use axum::routing::{delete, get, post};
use axum::{Router, middleware};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc};
use tower::ServiceExt;

/// Headers of one request, together.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// Who is at the other end of the connection.
#[derive(Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// Ends the connection although its client takes nothing.
#[derive(Clone, Default)]
pub(crate) struct Cut(pub(crate) Arc<Notify>);

/// What is served where.
pub(crate) struct Routes {
    general: Router,
    payments: Router,
}

impl Routes {
    pub(crate) fn new(shared: &Arc<Shared>, to_worker: &mpsc::Sender<FromHttp>) -> Self {
        let app = |address| Arc::new(App::new(shared.clone(), to_worker.clone(), address));
        Self { general: general(app(Address::General)), payments: of_payments(app(Address::Payments)) }
    }

    pub(crate) fn at(&self, address: Address) -> Router {
        match address {
            Address::General => self.general.clone(),
            Address::Payments => self.payments.clone(),
        }
    }
}

/// What the drivers of payments may ask for, at their own address. No page, no browser.
fn of_payments(app: Arc<App>) -> Router {
    let api = Router::new()
        .route("/ws", get(upgrade::upgrade))
        .route("/payments", get(payments::list))
        .route("/{op}", post(commands::command))
        .method_not_allowed_fallback(answer::wrong_method)
        .layer(middleware::from_fn_with_state(app.clone(), answer::cross_origin));
    Router::new()
        .nest("/v1", api)
        .route("/healthz", get(operations::healthz))
        .route("/errors/{number}", get(pages::error))
        .fallback(answer::nothing_here)
        .method_not_allowed_fallback(answer::wrong_method)
        .layer(middleware::from_fn(card_numbers::check_head))
        .with_state(app)
}

/// Everything else.
fn general(app: Arc<App>) -> Router {
    let api = Router::new()
        .route("/ws", get(upgrade::upgrade))
        .route("/token", post(tokens::issue))
        .route("/keys", get(keys::list).post(keys::create))
        .route("/keys/{id}", delete(keys::revoke))
        .route("/keys/{id}/rotate", post(keys::rotate))
        .route("/sign_in", post(people::sign_in))
        .route("/people", get(people::list))
        .route("/stock", get(reads::stock_page))
        .route("/stock/{location}/{sku}", get(reads::stock))
        .route("/items", get(reads::items))
        .route("/items/{sku}", get(reads::item))
        .route("/scan", get(reads::scan))
        .route("/locations", get(reads::locations))
        .route("/totals", get(reads::totals))
        .route("/customers/{owner}/sales", get(customers::sales))
        .route("/reports/sales", get(reports::sales))
        .route("/reports/tenders", get(reports::tenders))
        .route("/quote", post(selling::quote))
        .route("/price_books", get(selling::price_books))
        .route("/promotions", get(selling::promotions))
        .route("/tax_gaps", get(selling::tax_gaps))
        .route("/reservations/{location}/{id}", get(reads::reservation))
        .route("/payments", get(payments::list))
        .route("/layaways", get(reads::layaways))
        .route("/baskets", get(reads::baskets))
        .route("/events", get(reads::events))
        .route("/z/{location}/{till}/{session}", get(z::z))
        .route("/z/{location}/{till}/{session}/journal", get(z::journal))
        .route("/metrics/stream", get(figures::stream))
        .route("/metrics/history", get(figures::history))
        .route("/status", get(operations::status))
        .route("/openapi.json", get(operations::openapi))
        .route("/{op}", post(commands::command))
        // Before the layer, or a browser's preflight (OPTIONS) would pass it by.
        .method_not_allowed_fallback(answer::wrong_method)
        .layer(middleware::from_fn_with_state(app.clone(), answer::cross_origin));
    Router::new()
        .nest("/v1", api)
        .route("/metrics", get(operations::metrics))
        .route("/healthz", get(operations::healthz))
        .route("/readyz", get(operations::readyz))
        .route("/errors/{number}", get(pages::error))
        .fallback(pages::page)
        .method_not_allowed_fallback(answer::wrong_method)
        .layer(middleware::from_fn(card_numbers::check_head))
        .with_state(app)
}

/// Serves one connection until it ends or becomes a WebSocket.
pub(crate) async fn serve(shared: Arc<Shared>, routes: Router, arrived: Arrived) {
    let Ok(stream) = TcpStream::from_std(arrived.socket) else { return };
    let (peer, place) = (Peer(arrived.peer), Arc::new(arrived.place));
    let cut = Cut::default();
    let its_cut = cut.clone();
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(its_cut.clone());
        request.extensions_mut().insert(place.clone());
        routes.clone().oneshot(request.map(Body::new))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(shared.limits.handshake)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let mut stopping = shared.stopping.clone();
    let mut told = false;
    let ended = loop {
        tokio::select! {
            ended = connection.as_mut() => break ended,
            () = cut.0.notified() => return,
            _ = stopping.wait_for(|stop| *stop), if !told => {
                told = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "http connection ended");
    }
}
