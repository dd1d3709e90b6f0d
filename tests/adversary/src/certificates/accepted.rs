//! Chains that every client accepts.

use rcgen::{GeneralSubtree, IsCa, NameConstraints};

use super::maker::{Authority, Maker, address, names};
use super::{Case, Expected, SERVER_NAME};
use crate::key::Key;

pub(super) fn cases(maker: &mut Maker) -> Vec<Case> {
    let root = maker.root("root", Key::p256());
    let mut cases = chains(maker, &root);
    cases.extend(leaves(maker, &root));
    cases.extend(algorithms(maker, &root));
    cases
}

fn chains(maker: &mut Maker, root: &Authority) -> Vec<Case> {
    let leaf = maker.leaf(root, Key::p256(), |_| {});
    let direct = maker.case("good", Expected::Accepted, root, &leaf, &[]);
    let with_root = maker.case("root-sent-along", Expected::Accepted, root, &leaf, &[root]);
    let stranger = maker.root("nobody's root", Key::p256());
    let extra = maker.case("stranger-sent-along", Expected::Accepted, root, &leaf, &[&stranger]);

    let mut above = vec![maker.intermediate(root, "intermediate 1", Key::p256(), |_| {})];
    let leaf = maker.leaf(&above[0], Key::p256(), |_| {});
    let one = maker.case("one-intermediate", Expected::Accepted, root, &leaf, &[&above[0]]);

    above.insert(0, maker.intermediate(&above[0], "intermediate 2", Key::p256(), |_| {}));
    let leaf = maker.leaf(&above[0], Key::p256(), |_| {});
    let two = maker.case("two-intermediates", Expected::Accepted, root, &leaf, &[&above[0], &above[1]]);
    let unordered =
        maker.case("unordered", Expected::Accepted, root, &leaf, &[&above[1], &stranger, &above[0]]);

    for number in 3..=5 {
        let name = format!("intermediate {number}");
        above.insert(0, maker.intermediate(&above[0], &name, Key::p256(), |_| {}));
    }
    let leaf = maker.leaf(&above[0], Key::p256(), |_| {});
    let all: Vec<_> = above.iter().collect();
    let six = maker.case("six-certificates", Expected::Accepted, root, &leaf, &all);

    // A new authority that everybody will trust one day, and that the old one vouches for until then.
    let future = maker.root("the next root", Key::p256());
    let cross = maker.intermediate(root, "the next root", future.key().clone(), |_| {});
    let leaf = maker.leaf(&future, Key::p256(), |_| {});
    let crossed = maker.case("cross-signed", Expected::Accepted, root, &leaf, &[&future, &cross]);

    let only_here = NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName("tasks.localhost".into())],
        excluded_subtrees: vec![GeneralSubtree::DnsName("www.tasks.localhost".into())],
    };
    let below = maker.intermediate(root, "constrained", Key::p256(), |below| {
        below.name_constraints = Some(only_here);
        below.is_ca = IsCa::Ca(rcgen::BasicConstraints::Constrained(0));
    });
    let leaf = maker.leaf(&below, Key::p256(), |_| {});
    let inside = maker.case("name-permitted", Expected::Accepted, root, &leaf, &[&below]);
    vec![direct, with_root, extra, one, two, unordered, six, crossed, inside]
}

fn leaves(maker: &mut Maker, root: &Authority) -> Vec<Case> {
    let mut named = |name, alternatives| {
        let leaf = maker.leaf(root, Key::p256(), |leaf| leaf.subject_alt_names = alternatives);
        maker.case(name, Expected::Accepted, root, &leaf, &[])
    };
    let many = |count| {
        let others = (1..count).map(|number| format!("a-server-of-many-{number}.tasks.localhost"));
        let mut all: Vec<_> = others.collect();
        all.push(SERVER_NAME.to_owned());
        names(&all.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let mut cases = vec![
        named("twenty-names", many(20)),
        // Some 14 KB: with the rest of a server's flight it still fits one record.
        named("large-leaf", many(370)),
        named("wildcard", names(&["*.tasks.localhost"])),
        named("capitals", names(&["API.Tasks.LocalHost"])),
        Case { server_name: "127.0.0.1", ..named("ipv4-address", address("127.0.0.1")) },
        Case { server_name: "::1", ..named("ipv6-address", address("::1")) },
    ];
    let leaf = maker.leaf(root, Key::p256(), |leaf| leaf.extended_key_usages = Vec::new());
    cases.push(maker.case("no-extended-key-usage", Expected::Accepted, root, &leaf, &[]));
    cases
}

fn algorithms(maker: &mut Maker, root: &Authority) -> Vec<Case> {
    let rsa_2048 = || Key::rsa(include_str!("../../keys/rsa-leaf-2048.pem"));
    let rsa_3072 = || Key::rsa(include_str!("../../keys/rsa-leaf-3072.pem"));
    let rsa_4096 = || Key::rsa(include_str!("../../keys/rsa-leaf-4096.pem"));
    let p384 = maker.root("P-384 root", Key::p384());
    let root_2048 = maker.root("RSA root", Key::rsa(include_str!("../../keys/rsa-root-2048.pem")));
    let root_3072 = maker.root("RSA root", Key::rsa(include_str!("../../keys/rsa-root-3072.pem")));
    let root_4096 = maker.root("RSA root", Key::rsa(include_str!("../../keys/rsa-root-4096.pem")));

    let mut direct = |name, root: &Authority, key| {
        let leaf = maker.leaf(root, key, |_| {});
        maker.case(name, Expected::Accepted, root, &leaf, &[])
    };
    let mut cases = vec![
        direct("p384", &p384, Key::p384()),
        direct("p384-root-p256-leaf", &p384, Key::p256()),
        direct("p256-root-p384-leaf", root, Key::p384()),
        direct("rsa-2048", &root_2048, rsa_2048()),
        direct("rsa-3072", &root_3072, rsa_3072()),
        direct("rsa-4096", &root_4096, rsa_4096()),
        direct("rsa-2048-root-p256-leaf", &root_2048, Key::p256()),
        direct("rsa-3072-root-p256-leaf", &root_3072, Key::p256()),
        direct("rsa-4096-root-p256-leaf", &root_4096, Key::p256()),
        direct("rsa-4096-root-p384-leaf", &root_4096, Key::p384()),
        direct("p256-root-rsa-2048-leaf", root, rsa_2048()),
        direct("p384-root-rsa-4096-leaf", &p384, rsa_4096()),
    ];
    let mut over = |name, root: &Authority, between, key| {
        let below = maker.intermediate(root, "intermediate", between, |_| {});
        let leaf = maker.leaf(&below, key, |_| {});
        maker.case(name, Expected::Accepted, root, &leaf, &[&below])
    };
    cases.extend([
        over("p384-over-p384", &p384, Key::p384(), Key::p384()),
        over("p256-over-p384", &p384, Key::p384(), Key::p256()),
        over("p384-over-p256", root, Key::p384(), Key::p256()),
        over("rsa-2048-over-rsa-4096", &root_4096, rsa_2048(), Key::p256()),
        over("p256-over-rsa-4096", &root_4096, Key::p256(), Key::p256()),
        over("rsa-2048-over-p384", &p384, rsa_2048(), rsa_3072()),
    ]);
    cases
}
