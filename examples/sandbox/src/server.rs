//! A listening socket in, answered requests out: one HTTP/1.1 connection per client, over a wire that faults
//! can reach.
//!
//! # Limits
//!
//! HTTP/1.1 and 1.0 only. The head of a request must come within 30 s, a TLS handshake within 10 s. A broken
//! request ends its own connection only.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper::service::service_fn;
use hyper::{Request, body::Incoming};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::HandshakeKind;

use crate::faults::Close;
use crate::shared::Shared;
use crate::wire::{Shears, Transport, Wire};

/// Marks a response that must not be sent: its connection ends instead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoAnswer(pub(crate) Close);

/// Serves until the runtime ends.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    shared: Arc<Shared>,
    router: Router,
) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(connection(stream, tls.clone(), shared.clone(), router.clone()));
            }
            // Out of file descriptors, most likely. Others will be closed soon.
            Err(_) => sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn connection(stream: TcpStream, tls: Option<TlsAcceptor>, shared: Arc<Shared>, router: Router) {
    let number = shared.counters.connections.fetch_add(1, Ordering::Relaxed);
    // Each write becomes a segment of its own, as far as the system allows: what is split here arrives split.
    let _ = stream.set_nodelay(true);
    match tls {
        None => answer(stream, shared, router, number).await,
        Some(tls) => {
            if let Ok(Ok(stream)) = timeout(Duration::from_secs(10), tls.accept(stream)).await {
                shared.counters.handshakes.fetch_add(1, Ordering::Relaxed);
                if stream.get_ref().1.handshake_kind() == Some(HandshakeKind::Resumed) {
                    shared.counters.resumed.fetch_add(1, Ordering::Relaxed);
                }
                answer(stream, shared, router, number).await;
            }
        }
    }
}

async fn answer<T: Transport>(transport: T, shared: Arc<Shared>, router: Router, number: u64) {
    let shears = Arc::new(Shears::default());
    let wire = Wire::new(transport, shared, shears.clone(), number);
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(shears.clone());
        let (answer, shears) = (router.call(request), shears.clone());
        async move {
            let Ok(response) = answer.await;
            match response.extensions().get() {
                Some(NoAnswer(close)) => {
                    shears.reset_at_end(*close == Close::Reset);
                    // For HTTP, a service that fails: it ends the connection without a byte.
                    Err(io::Error::from(io::ErrorKind::ConnectionAborted))
                }
                None => Ok(response),
            }
        }
    });
    // An error here is a client that closed the connection, or a cut on demand. The connection is over either
    // way.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .half_close(true)
        .serve_connection(TokioIo::new(wire), service)
        .await;
}
