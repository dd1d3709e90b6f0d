//! DNS queries in, answers out: the name server of the test's network (RFC 1035, section 4).

use std::{cell::RefCell, collections::VecDeque};

use embassy_net::{
    Ipv4Address, Stack,
    udp::{PacketMetadata, UdpSocket},
};

use super::{NOBODY, SERVER};

/// The names that there are.
const NAMES: [(&str, Ipv4Address); 3] =
    [("api.example", SERVER), ("localhost", SERVER), ("nobody.example", NOBODY[1])];

/// The bytes of the counts, which follow the flags.
const HEAD: usize = 12;

/// How a query goes wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wrong {
    /// No answer.
    Silence,
    /// There is no such name.
    Unknown,
}

/// Answers all queries; the first of them go wrong as said.
#[derive(Default)]
pub(crate) struct Names {
    wrong: RefCell<VecDeque<Wrong>>,
    dead: Vec<Ipv4Address>,
}

impl Names {
    pub(crate) fn wrong(wrong: impl IntoIterator<Item = Wrong>) -> Self {
        Self { wrong: RefCell::new(wrong.into_iter().collect()), dead: Vec::new() }
    }

    /// The device knows these, too, first; none of them answers.
    pub(crate) fn behind(dead: impl IntoIterator<Item = Ipv4Address>) -> Self {
        Self { wrong: RefCell::default(), dead: dead.into_iter().collect() }
    }

    /// The name servers that the device knows.
    pub(super) fn servers(&self) -> impl Iterator<Item = Ipv4Address> {
        self.dead.iter().copied().chain([SERVER])
    }

    pub(crate) async fn serve(&self, network: Stack<'_>) {
        let (mut received, mut sent) = ([PacketMetadata::EMPTY; 4], [PacketMetadata::EMPTY; 4]);
        let (mut receive, mut send) = ([0; 1024], [0; 1024]);
        let mut socket = UdpSocket::new(network, &mut received, &mut receive, &mut sent, &mut send);
        socket.bind(53).unwrap();
        loop {
            let mut query = [0; 512];
            let (length, from) = socket.recv_from(&mut query).await.unwrap();
            let wrong = self.wrong.borrow_mut().pop_front();
            if let Some(answer) = answer(&query[..length], wrong) {
                socket.send_to(&answer, from).await.unwrap();
            }
        }
    }
}

fn answer(query: &[u8], wrong: Option<Wrong>) -> Option<Vec<u8>> {
    let address = match wrong {
        Some(Wrong::Silence) => return None,
        Some(Wrong::Unknown) => None,
        None => {
            let name = name(&query[HEAD..]);
            NAMES.iter().find(|(known, _)| *known == name).map(|(_, address)| address)
        }
    };
    let mut answer = query.to_vec();
    // An answer, by a server that recurses; NXDOMAIN without an address.
    answer[2..4].copy_from_slice(&[0x81, if address.is_some() { 0x80 } else { 0x83 }]);
    answer[7] = u8::from(address.is_some());
    if let Some(address) = address {
        // The name of the question, A, IN, a minute, four bytes.
        answer.extend([0xc0, HEAD as u8, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
        answer.extend(address.octets());
    }
    Some(answer)
}

/// The labels of a question, with dots between.
fn name(mut question: &[u8]) -> String {
    let mut labels = Vec::new();
    while let Some((&length, rest)) = question.split_first()
        && length > 0
    {
        let (label, rest) = rest.split_at(length.into());
        labels.push(String::from_utf8_lossy(label));
        question = rest;
    }
    labels.join(".")
}
