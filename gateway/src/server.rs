//! Starting and stopping: the listener, the workers, and what they share.

use crate::cards::Guesses;
use crate::fault::Fault;
use crate::figures::Desk;
use crate::figures::gatherer::Gatherer;
use crate::keys::{NoRandomness, Tokens};
use crate::limits::Limits;
use crate::metrics::{self, Meters};
use crate::office::Office;
use crate::people::pins::Pins;
use crate::rights::Address;
use crate::worker::{self, Worker};
use metrics_exporter_prometheus::PrometheusHandle;
use onhand_actors::handle::Handle;
use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};

/// What the door needs.
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where to listen for the drivers of payments; none: nowhere.
    pub payments: Option<SocketAddr>,
    /// Websites whose pages may connect and ask for shopper tokens, as browsers send them:
    /// `https://shop.example`. The pages served from a loopback address of our own always may.
    pub origins: Vec<String>,
    /// The running actors.
    pub handle: Handle,
    /// The limits.
    pub limits: Limits,
}

impl Options {
    /// No other website, no drivers, the default limits.
    #[must_use]
    pub fn new(listen: SocketAddr, handle: Handle) -> Self {
        Self { listen, payments: None, origins: Vec::new(), handle, limits: Limits::default() }
    }
}

/// Why the door cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// 5009
    #[error("5009 address_in_use: another program listens on {0}; stop it or give another --listen")]
    AddressInUse(SocketAddr),
    /// The operating system does not let us listen there.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// A thread or its event loop could not be started.
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
    /// The actors have been stopped.
    #[error("the actors have stopped")]
    NoActors,
    /// No secret could be drawn.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl Error {
    /// The number people look up, where there is one.
    #[must_use]
    pub fn number(&self) -> Option<u16> {
        matches!(self, Error::AddressInUse(_)).then_some(5009)
    }
}

/// Where a worker gets its connections from.
type Door = mpsc::Sender<worker::Arrived>;

/// What all workers share.
pub(crate) struct Shared {
    pub(crate) handle: Handle,
    pub(crate) origins: Vec<String>,
    pub(crate) tokens: Tokens,
    pub(crate) pins: Pins,
    pub(crate) limits: Limits,
    pub(crate) meters: Meters,
    pub(crate) desk: Desk,
    pub(crate) exporter: &'static PrometheusHandle,
    pub(crate) stopping: watch::Receiver<bool>,
    pub(crate) sockets: AtomicUsize,
    pub(crate) guesses: Guesses,
    pub(crate) office: Office,
}

impl Shared {
    /// Whether a page of this website may connect.
    pub(crate) fn allows(&self, origin: &str) -> bool {
        self.origins.iter().any(|allowed| allowed == origin)
    }

    pub(crate) fn check_origin(&self, origin: &str) -> Result<(), Fault> {
        if self.allows(origin) {
            return Ok(());
        }
        Err(Fault::new(4005, "this website is not on the server's list; start it with --origin"))
    }
}

/// What the workers of a new server share.
pub(crate) fn fresh(
    handle: Handle,
    limits: Limits,
    origins: Vec<String>,
    stopping: watch::Receiver<bool>,
) -> Result<Arc<Shared>, NoRandomness> {
    // Before the first counter is looked up.
    let exporter = metrics::exporter();
    let (tokens, meters, sockets) = (Tokens::new()?, Meters::new(), AtomicUsize::new(0));
    let (desk, pins, guesses, office) = (Desk::default(), Pins::new()?, Guesses::default(), Office::default());
    Ok(Arc::new(Shared {
        handle,
        origins,
        tokens,
        pins,
        limits,
        meters,
        desk,
        exporter,
        stopping,
        sockets,
        guesses,
        office,
    }))
}

/// One place among the sockets at once; given back when dropped.
pub(crate) struct Place(Arc<Shared>);

impl Place {
    pub(crate) fn take(shared: &Arc<Shared>) -> Option<Self> {
        let taken = shared.sockets.fetch_add(1, Ordering::Relaxed);
        let place = Self(shared.clone());
        shared.meters.sockets.increment(1.0);
        (taken < shared.limits.connections_max).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.sockets.fetch_sub(1, Ordering::Relaxed);
        self.0.meters.sockets.decrement(1.0);
    }
}

/// The open door.
pub struct Server {
    address: SocketAddr,
    payments: Option<SocketAddr>,
    stop: watch::Sender<bool>,
    /// One for each address.
    doors: Vec<JoinHandle<()>>,
    /// Closed once every worker has ended.
    ended: std::sync::mpsc::Receiver<Infallible>,
    _gatherer: Gatherer,
}

impl Server {
    /// Opens the door. Returns once connections are taken.
    ///
    /// # Errors
    /// [`Error`]; [`Error::AddressInUse`] has number 5009.
    pub fn start(options: Options) -> Result<Self, Error> {
        let (listener, address) = listen(options.listen)?;
        let payments = options.payments.map(listen).transpose()?;
        let (stop, stopping) = watch::channel(false);
        let origins = with_our_own(options.origins, address);
        let shared = fresh(options.handle, options.limits, origins, stopping)?;
        let mut doors = Vec::new();
        let (working, ended) = std::sync::mpsc::sync_channel::<Infallible>(1);
        for shard in 0..shared.handle.arbiters().len() {
            let (door, sockets) = mpsc::channel(1_024);
            doors.push(door);
            let (shared, working) = (shared.clone(), working.clone());
            let handle = shared.handle.clone();
            let started = handle.spawn_on(shard, move || async move {
                worker::run(Worker::new(shared, shard), sockets).await;
                drop(working);
            });
            if !started {
                return Err(Error::NoActors);
            }
        }
        let gatherer = Gatherer::start(shared.clone()).map_err(Error::Thread)?;
        let mut opened = vec![open(listener, Address::General, doors.clone(), shared.clone())?];
        tracing::info!(%address, "listening");
        let of_payments = payments.as_ref().map(|(_, address)| *address);
        if let Some((listener, address)) = payments {
            opened.push(open(listener, Address::Payments, doors, shared)?);
            tracing::info!(%address, "listening for drivers of payments");
        }
        Ok(Self { address, payments: of_payments, stop, doors: opened, ended, _gatherer: gatherer })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens for the drivers of payments.
    #[must_use]
    pub fn payments_address(&self) -> Option<SocketAddr> {
        self.payments
    }

    /// Takes no more connections or requests, answers what was taken (within `Limits::stop`), closes
    /// WebSockets with 1001 and waits for the workers. Stop the actors after it, not before.
    pub fn stop(mut self) {
        self.finish();
    }

    fn finish(&mut self) {
        let _ = self.stop.send(true);
        if self.doors.is_empty() {
            return;
        }
        for door in self.doors.drain(..) {
            let _ = door.join();
        }
        let _ = self.ended.recv();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.finish();
    }
}

fn listen(at: SocketAddr) -> Result<(TcpListener, SocketAddr), Error> {
    let listener = TcpListener::bind(at).map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => Error::AddressInUse(at),
        _ => Error::Listen(at, error),
    })?;
    listener.set_nonblocking(true).map_err(|error| Error::Listen(at, error))?;
    let address = listener.local_addr().map_err(|error| Error::Listen(at, error))?;
    Ok((listener, address))
}

/// The thread that takes connections. It ends with the stop, and its doors with it.
fn open(
    listener: TcpListener,
    address: Address,
    doors: Vec<Door>,
    shared: Arc<Shared>,
) -> Result<JoinHandle<()>, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Thread)?;
    let deal = move || {
        if let Err(error) = runtime.block_on(deal(listener, address, doors, &shared)) {
            tracing::error!(%error, "no more connections are taken");
        }
    };
    std::thread::Builder::new().name("onhand-door".to_owned()).spawn(deal).map_err(Error::Thread)
}

/// Deals new connections to the workers in turn.
async fn deal(listener: TcpListener, address: Address, doors: Vec<Door>, shared: &Arc<Shared>) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let mut stopping = shared.stopping.clone();
    for door in doors.iter().cycle() {
        let (socket, peer) = loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = stopping.wait_for(|stop| *stop) => return Ok(()),
            };
            match accepted {
                Ok((socket, peer)) => break (socket, peer),
                Err(error) => {
                    // Out of file descriptors, or a client that left at once. Taking goes on.
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                }
            }
        };
        shared.meters.sockets_total.increment(1);
        let Some(place) = Place::take(shared) else {
            shared.meters.refused.increment(1);
            refuse(&socket);
            continue;
        };
        let _ = socket.set_nodelay(true);
        if let Ok(socket) = socket.into_std()
            && door.send(worker::Arrived { socket, peer, place, address }).await.is_err()
        {
            return Ok(());
        }
    }
    Ok(())
}

fn refuse(socket: &TcpStream) {
    let fault = Fault::new(5011, "no more connections are taken; try again in a second").retry_after(1_000);
    let body = fault.problem();
    let head = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nretry-after: 1\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    // A new socket's buffer has room for it; if not, the client sees a plain close.
    let _ = socket.try_write(&[head.as_bytes(), &body].concat());
}

/// Pages that we serve ourselves on a loopback address may always connect.
fn with_our_own(mut origins: Vec<String>, address: SocketAddr) -> Vec<String> {
    if address.ip().is_loopback() {
        origins.push(format!("http://{address}"));
        origins.push(format!("http://localhost:{}", address.port()));
    }
    origins
}
