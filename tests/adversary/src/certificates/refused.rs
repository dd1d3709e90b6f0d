//! Chains that no client may accept.

use rcgen::{
    BasicConstraints, CustomExtension, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, NameConstraints,
};

use super::maker::{Authority, DAY, Leaf, Maker, common_name, names, of_version1, refused, signed_with_sha1};
use super::{Case, Refusal, SERVER_NAME};
use crate::key::Key;

pub(super) fn cases(maker: &mut Maker) -> Vec<Case> {
    let root = maker.root("root", Key::p256());
    let mut cases = issuers(maker, &root);
    cases.extend(dates(maker, &root));
    cases.extend(leaf_names(maker, &root));
    cases.extend(authorities(maker, &root));
    cases.extend(constraints(maker, &root));
    cases.extend(algorithms(maker));
    cases.extend(malformed(maker, &root));
    cases
}

/// Signed by somebody else.
fn issuers(maker: &mut Maker, root: &Authority) -> Vec<Case> {
    let other = maker.root("another root", Key::p256());
    let leaf = maker.leaf(&other, Key::p256(), |_| {});
    let unknown = maker.case("unknown-ca", refused(Refusal::UnknownIssuer), root, &leaf, &[]);
    let unknown_root_sent =
        maker.case("unknown-ca-sent-along", refused(Refusal::UnknownIssuer), root, &leaf, &[&other]);

    let other = maker.root("root", Key::p256());
    let leaf = maker.leaf(&other, Key::p256(), |_| {});
    let same_name = maker.case("same-named-ca", refused(Refusal::Signature), root, &leaf, &[]);

    let leaf = maker.self_signed(Key::p256());
    let self_signed = maker.case("self-signed", refused(Refusal::UnknownIssuer), root, &leaf, &[]);

    let below = maker.intermediate(root, "intermediate", Key::p256(), |_| {});
    let leaf = maker.leaf(&below, Key::p256(), |_| {});
    let missing = maker.case("missing-intermediate", refused(Refusal::UnknownIssuer), root, &leaf, &[]);

    // Both names right, and the key of neither.
    let impostor = maker.intermediate(&other, "intermediate", Key::p256(), |_| {});
    let forged = maker.leaf(&impostor, Key::p256(), |_| {});
    let forged = maker.case("forged-leaf", refused(Refusal::Signature), root, &forged, &[&below]);
    vec![unknown, unknown_root_sent, same_name, self_signed, missing, forged]
}

fn dates(maker: &mut Maker, root: &Authority) -> Vec<Case> {
    let dated = |from, until| {
        let mut params = rcgen::CertificateParams::default();
        maker.dates(&mut params, from, until);
        (params.not_before, params.not_after)
    };
    let (past, future) = (dated(-400 * DAY, -DAY), dated(DAY, 400 * DAY));

    let leaf = maker.leaf(root, Key::p256(), |leaf| (leaf.not_before, leaf.not_after) = past);
    let expired = maker.case("expired-leaf", refused(Refusal::Expired), root, &leaf, &[]);

    let leaf = maker.leaf(root, Key::p256(), |leaf| (leaf.not_before, leaf.not_after) = future);
    let not_yet = maker.case("not-yet-valid-leaf", refused(Refusal::NotYetValid), root, &leaf, &[]);

    let below = maker.intermediate(root, "old", Key::p256(), |below| {
        (below.not_before, below.not_after) = past;
    });
    let leaf = maker.leaf(&below, Key::p256(), |_| {});
    let expired_above = maker.case("expired-intermediate", refused(Refusal::Expired), root, &leaf, &[&below]);

    let below = maker.intermediate(root, "new", Key::p256(), |below| {
        (below.not_before, below.not_after) = future;
    });
    let leaf = maker.leaf(&below, Key::p256(), |_| {});
    let not_yet_above =
        maker.case("not-yet-valid-intermediate", refused(Refusal::NotYetValid), root, &leaf, &[&below]);
    vec![expired, not_yet, expired_above, not_yet_above]
}

fn leaf_names(maker: &mut Maker, root: &Authority) -> Vec<Case> {
    let mut named = |name, common: &str, alternative: &[&str]| {
        let leaf = maker.leaf(root, Key::p256(), |leaf| {
            leaf.distinguished_name = common_name(common);
            leaf.subject_alt_names = names(alternative);
        });
        maker.case(name, refused(Refusal::Name), root, &leaf, &[])
    };
    let mut cases = vec![
        named("wrong-name", "other.tasks.localhost", &["other.tasks.localhost"]),
        named("name-only-in-cn", SERVER_NAME, &[]),
        named("cn-right-san-wrong", SERVER_NAME, &["other.tasks.localhost"]),
        named("name-of-the-parent", "a server", &["tasks.localhost"]),
        named("name-of-a-child", "a server", &["www.api.tasks.localhost"]),
        named("name-as-a-prefix", "a server", &["api.tasks.localhost.example"]),
        named("wildcard-too-wide", "a server", &["*.localhost"]),
        named("wildcard-for-all", "a server", &["*"]),
        named("wildcard-partial", "a server", &["a*.tasks.localhost"]),
        named("wildcard-in-the-middle", "a server", &["api.*.localhost"]),
    ];
    let mut addressed = |name, common: &str, alternative: &[&str]| Case {
        server_name: "127.0.0.1",
        ..named(name, common, alternative)
    };
    cases.push(addressed("address-as-dns-name", "a server", &["127.0.0.1"]));
    cases.push(addressed("address-only-in-cn", "127.0.0.1", &[SERVER_NAME]));

    let leaf = maker.leaf(root, Key::p256(), |leaf| {
        leaf.subject_alt_names = super::maker::address("127.0.0.2");
    });
    let case = maker.case("wrong-address", refused(Refusal::Name), root, &leaf, &[]);
    cases.push(Case { server_name: "127.0.0.1", ..case });
    cases
}

/// Signed by one that must not sign, or not this.
fn authorities(maker: &mut Maker, root: &Authority) -> Vec<Case> {
    let not_an_authority = |maker: &mut Maker, name, is_ca: IsCa| {
        let below = maker.intermediate(root, "no authority", Key::p256(), |below| {
            below.is_ca = is_ca;
        });
        let leaf = maker.leaf(&below, Key::p256(), |_| {});
        maker.case(name, refused(Refusal::NotAnAuthority), root, &leaf, &[&below])
    };
    let false_flag = not_an_authority(maker, "intermediate-ca-false", IsCa::ExplicitNoCa);
    let no_flag = not_an_authority(maker, "intermediate-without-ca-flag", IsCa::NoCa);

    // Somebody else's good certificate of a server, used as an authority.
    let server = maker.intermediate(root, "a server", Key::p256(), |server| {
        server.is_ca = IsCa::ExplicitNoCa;
        server.key_usages = vec![rcgen::KeyUsagePurpose::DigitalSignature];
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        server.subject_alt_names = names(&["other.tasks.localhost"]);
    });
    let leaf = maker.leaf(&server, Key::p256(), |_| {});
    let by_leaf = maker.case("signed-by-a-leaf", refused(Refusal::NotAnAuthority), root, &leaf, &[&server]);

    let leaf = maker.leaf(root, Key::p256(), |leaf| leaf.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
    let authority = maker.case("authority-as-leaf", refused(Refusal::Authority), root, &leaf, &[]);

    let last = maker.intermediate(root, "the last", Key::p256(), |last| {
        last.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    });
    let below = maker.intermediate(&last, "below the last", Key::p256(), |_| {});
    let leaf = maker.leaf(&below, Key::p256(), |_| {});
    let path = maker.case("path-too-long", refused(Refusal::PathLength), root, &leaf, &[&below, &last]);

    let leaf = maker.leaf(root, Key::p256(), |leaf| {
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    });
    let client_only = maker.case("client-only-usage", refused(Refusal::Usage), root, &leaf, &[]);
    let below = maker.intermediate(root, "for clients", Key::p256(), |below| {
        below.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    });
    let leaf = maker.leaf(&below, Key::p256(), |_| {});
    let client_only_above =
        maker.case("client-only-intermediate", refused(Refusal::Usage), root, &leaf, &[&below]);

    let mut above = vec![maker.intermediate(root, "intermediate 1", Key::p256(), |_| {})];
    for number in 2..=6 {
        let name = format!("intermediate {number}");
        above.insert(0, maker.intermediate(&above[0], &name, Key::p256(), |_| {}));
    }
    let leaf = maker.leaf(&above[0], Key::p256(), |_| {});
    let above: Vec<_> = above.iter().collect();
    let seven = maker.case("seven-certificates", refused(Refusal::TooMany), root, &leaf, &above);
    vec![false_flag, no_flag, by_leaf, authority, path, client_only, client_only_above, seven]
}

fn constraints(maker: &mut Maker, root: &Authority) -> Vec<Case> {
    let mut constrained = |name, constraints, alternatives: Vec<rcgen::SanType>| {
        let below = maker.intermediate(root, "constrained", Key::p256(), |below| {
            below.name_constraints = Some(constraints);
        });
        let leaf = maker.leaf(&below, Key::p256(), |leaf| leaf.subject_alt_names = alternatives);
        maker.case(name, refused(Refusal::NameConstraints), root, &leaf, &[&below])
    };
    let elsewhere = || GeneralSubtree::DnsName("example.org".into());
    let here = || GeneralSubtree::DnsName("tasks.localhost".into());
    let only = |subtree| NameConstraints { permitted_subtrees: vec![subtree], excluded_subtrees: vec![] };
    let not = |subtree| NameConstraints { permitted_subtrees: vec![], excluded_subtrees: vec![subtree] };
    vec![
        constrained("name-not-permitted", only(elsewhere()), names(&[SERVER_NAME])),
        constrained("name-excluded", not(here()), names(&[SERVER_NAME])),
        constrained("one-name-not-permitted", only(here()), names(&[SERVER_NAME, "www.example.com"])),
        Case {
            server_name: "127.0.0.1",
            ..constrained(
                "address-excluded",
                not(GeneralSubtree::IpAddress(rcgen::CidrSubnet::from_v4_prefix([127, 0, 0, 0], 8))),
                super::maker::address("127.0.0.1"),
            )
        },
    ]
}

fn algorithms(maker: &mut Maker) -> Vec<Case> {
    let root = maker.root("RSA root", Key::rsa(include_str!("../../keys/rsa-root-2048.pem")));
    let leaf = maker.leaf(&root, Key::p256(), |_| {});
    let leaf = Leaf { certificate: signed_with_sha1(&leaf.certificate, root.key()), ..leaf };
    let sha1 = maker.case("sha1-signature", refused(Refusal::WeakSignature), &root, &leaf, &[]);

    let leaf = maker.leaf(&root, Key::rsa(include_str!("../../keys/rsa-leaf-1024.pem")), |_| {});
    let small = maker.case("rsa-1024-leaf", refused(Refusal::WeakKey), &root, &leaf, &[]);

    let key = Key::rsa(include_str!("../../keys/rsa-root-1024.pem"));
    let below = maker.intermediate(&root, "small", key.clone(), |_| {});
    let leaf = maker.leaf(&below, Key::p256(), |_| {});
    let small_above = maker.case("rsa-1024-intermediate", refused(Refusal::WeakKey), &root, &leaf, &[&below]);

    let root = maker.root("small root", key);
    let leaf = maker.leaf(&root, Key::p256(), |_| {});
    let small_root = maker.case("rsa-1024-root", refused(Refusal::WeakKey), &root, &leaf, &[]);
    vec![sha1, small, small_above, small_root]
}

fn malformed(maker: &mut Maker, root: &Authority) -> Vec<Case> {
    let leaf = maker.leaf(root, Key::p256(), |leaf| {
        // Below the number of the example arc, which nobody has a use for.
        let mut extension = CustomExtension::from_oid_content(&[2, 999, 1], vec![0x04, 0x02, 0xAB, 0xCD]);
        extension.set_criticality(true);
        leaf.custom_extensions = vec![extension];
    });
    let critical =
        maker.case("unknown-critical-extension", refused(Refusal::CriticalExtension), root, &leaf, &[]);

    let leaf = maker.leaf(root, Key::p256(), |_| {});
    let good = leaf.certificate.to_vec();
    let broken = |name, refusal, der: Vec<u8>| {
        let leaf = Leaf { certificate: der.into(), key: leaf.key.clone() };
        maker.case(name, refused(refusal), root, &leaf, &[])
    };
    let trailing = [&good[..], b"more"].concat();
    let cut = good[..good.len() - 1].to_vec();
    let mut altered = good.clone();
    // A letter of the name, which stands there once.
    let place = altered.windows(SERVER_NAME.len()).position(|window| window == SERVER_NAME.as_bytes());
    altered[place.expect("the name is in it")] ^= 0x02;
    vec![
        critical,
        broken("version-1", Refusal::OldVersion, of_version1(&leaf.certificate, root.key()).to_vec()),
        broken("garbage", Refusal::Malformed, b"not a certificate at all".repeat(10)),
        broken("empty-certificate", Refusal::Malformed, Vec::new()),
        broken("trailing-bytes", Refusal::Malformed, trailing),
        broken("cut-certificate", Refusal::Malformed, cut),
        broken("altered-certificate", Refusal::Signature, altered),
    ]
}
