//! A request in, its events over Mbed TLS out.

use core::ffi::CStr;

use mbedtls_rs::{Certificate, Tls, X509};
use rand_core::CryptoRng;
use taskgroup::{
    json::Record,
    session::{Config, Event, Outcome, Request},
};
use taskgroup_embassy::{Clock, Stream, Tcp};

use crate::mbedtls::MbedTls;

/// Trusts the authorities of this PEM text. Keys are made from `random`.
///
/// # Panics
///
/// If another stream is open, since there is one Mbed TLS, or if the text has no certificates.
pub(crate) async fn stream<'c, R: Record>(
    tcp: Tcp<'_>,
    authorities: &CStr,
    random: &'static mut (dyn CryptoRng + Send),
    config: Config<'c>,
    request: impl Into<Request<'c>>,
    record: R,
    mut show: impl FnMut(Event<'_, R>),
) -> Outcome {
    let library = Tls::new(random).expect("there is no other");
    let authorities = Certificate::new(X509::PEM(authorities)).expect("they are certificates");
    let mut buffer = [0; 512];
    let network = MbedTls::new(tcp, library.reference(), authorities, &mut buffer);
    let mut stream = Stream::new(config, request, record, &network, Clock);
    while let Some(event) = stream.next().await {
        show(event);
    }
    stream.outcome().expect("a stream that has ended says how")
}
