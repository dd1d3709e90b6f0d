//! Each chain of the adversary's table, shown by rustls and by a server of the adversary's own: what a device
//! finds.

mod device;

use device::{By, REQUEST, ask, ask_in_time};
use pki_types::CertificateDer;
use taskgroup_adversary::{Case, Expected, Fault, NOW, Options, Refusal, Server, Upstream, certificates};
use taskgroup_tls::{CertificateError, Date, Dates, Error, Roots};
use webpki::anchor_from_trusted_cert;

const ANSWER: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";
const DAY: u64 = 24 * 60 * 60;

#[test]
fn each_chain_is_accepted_or_refused_for_its_reason_before_anything_was_sent() {
    for case in certificates::all(NOW) {
        for fault in [None, Some(Fault::Good)] {
            let server = serve(&case, fault);
            let (body, result) = ask_in_time(&server, &case, By::Read(100));
            let received = server.connection().unwrap().received;
            if is_built_in(&case) {
                assert_eq!(result, expected(&case), "{} by {fault:?}", case.name);
            } else {
                let error = result.expect_err(case.name);
                assert!(is_for_want_of_a_feature(error, &case), "{} by {fault:?}: {error}", case.name);
            }
            let (said, answered) = if result.is_ok() { (REQUEST, ANSWER) } else { (&[][..], &[][..]) };
            assert_eq!((&received[..], &body[..]), (said, answered), "{} by {fault:?}", case.name);
        }
    }
}

#[test]
fn anchors_find_what_whole_certificates_find() {
    for case in certificates::all(NOW).iter().filter(|case| is_built_in(case)) {
        let root = CertificateDer::from(&*case.root);
        let anchors = [anchor_from_trusted_cert(&root).unwrap()];
        let server = serve(case, None);
        let dates = Dates::CheckedBy(&|| Some(case.now));
        let (_, result) = ask(&server, case, Roots::Anchors(&anchors), dates, By::Lending);
        assert_eq!(result, expected(case), "{}", case.name);
    }
}

#[test]
fn without_dates_all_else_is_refused_as_with_them() {
    for case in certificates::all(NOW).iter().filter(|case| is_built_in(case)) {
        let roots = [&*case.root];
        let server = serve(case, None);
        let (_, result) = ask(&server, case, Roots::Certificates(&roots), Dates::Ignored, By::Lending);
        let about_dates = matches!(case.refusal(), Some(Refusal::Expired | Refusal::NotYetValid));
        assert_eq!(result, if about_dates { Ok(()) } else { expected(case) }, "{}", case.name);
    }
}

#[test]
fn a_device_that_does_not_know_the_time_connects_to_nobody() {
    let case = certificates::find("good", NOW).unwrap();
    let (server, roots) = (serve(&case, None), [&*case.root]);
    let (_, result) =
        ask(&server, &case, Roots::Certificates(&roots), Dates::CheckedBy(&|| None), By::Lending);
    assert_eq!(result, Err(Error::TimeUnknown));
    assert!(server.connection().unwrap().received.is_empty());
}

#[test]
fn one_root_of_many_is_enough_and_none_is_not() {
    let (case, other) =
        (certificates::find("two-intermediates", NOW).unwrap(), certificates::find("p384", NOW).unwrap());
    let dates = Dates::CheckedBy(&|| Some(NOW));
    let roots: [&[u8]; 3] = [&other.root, &case.root, &case.chain[0]];
    let (_, result) = ask(&serve(&case, None), &case, Roots::Certificates(&roots), dates, By::Lending);
    assert_eq!(result, Ok(()));
    let (_, result) = ask(&serve(&case, None), &case, Roots::Certificates(&roots[..1]), dates, By::Lending);
    let unknown = CertificateError::UnknownIssuer { sent: 3 };
    assert_eq!(result, Err(Error::Certificate(unknown)));
}

fn serve(case: &Case, fault: Option<Fault>) -> Server {
    let options = Options::new(case.clone(), Upstream::Answer(ANSWER.to_vec()));
    Server::start(Options { fault, ..options }).unwrap()
}

/// Whether the features of this build are enough to judge the case.
fn is_built_in(case: &Case) -> bool {
    (cfg!(feature = "p384") || !case.needs_p384()) && (cfg!(feature = "rsa") || !case.needs_rsa())
}

/// What the device finds, word for word.
fn expected(case: &Case) -> Result<(), Error> {
    let Expected::Refused(refusal) = case.expected else { return Ok(()) };
    let sent = case.chain.len();
    let why = match refusal {
        Refusal::UnknownIssuer => CertificateError::UnknownIssuer { sent },
        Refusal::Signature => CertificateError::Signature,
        Refusal::Expired => CertificateError::Expired { on: Date { unix_seconds: NOW - DAY } },
        Refusal::NotYetValid => CertificateError::NotYetValid { before: Date { unix_seconds: NOW + DAY } },
        Refusal::Name => CertificateError::Name,
        Refusal::NotAnAuthority => CertificateError::NotAnAuthority,
        Refusal::Authority => CertificateError::Authority,
        Refusal::PathLength => CertificateError::PathLength,
        Refusal::Usage => CertificateError::Purpose,
        Refusal::NameConstraints => CertificateError::NameConstraint,
        Refusal::TooMany => CertificateError::TooMany { sent },
        Refusal::CriticalExtension => CertificateError::CriticalExtension,
        Refusal::WeakSignature => CertificateError::Algorithm,
        Refusal::OldVersion => CertificateError::OldVersion,
        Refusal::Malformed => CertificateError::Malformed,
        // A key that is not taken proves nothing: neither the server's nor an authority's.
        Refusal::WeakKey if case.name == "rsa-1024-leaf" => return Err(Error::Unproven),
        Refusal::WeakKey => CertificateError::Signature,
    };
    Err(Error::Certificate(why))
}

/// What is not built in is said, unless the server finds first that both have nothing in common.
fn is_for_want_of_a_feature(error: Error, case: &Case) -> bool {
    match error {
        Error::Certificate(CertificateError::Algorithm) | Error::SignatureScheme { .. } => {
            error.to_string().contains("not built in")
        }
        Error::Alert { description: 40 } => true,
        error => Err(error) == expected(case),
    }
}
