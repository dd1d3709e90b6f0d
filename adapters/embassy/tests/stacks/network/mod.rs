//! Two machines in one process: a device and a server, each with a stack of embassy-net, and a wire between
//! them.

mod clock;
mod names;
mod random;
mod server;
mod wire;

use std::ops::AsyncFnOnce;

use embassy_net::{Config, ConfigV4, Ipv4Address, Ipv4Cidr, Stack, StackResources, StaticConfigV4};
use embassy_net_driver_channel::{self as card, driver::HardwareAddress};

pub(crate) use self::{
    names::{Names, Wrong},
    random::Random,
    server::{Cut, Server},
    wire::{Flags, Frame, Weather, Wire},
};

/// Where the server is, which is the name server, too.
pub(crate) const SERVER: Ipv4Address = Ipv4Address::new(10, 0, 0, 2);

/// Addresses where nobody is, on this network and on another one, to which the server is the gateway.
pub(crate) const NOBODY: [Ipv4Address; 2] = [Ipv4Address::new(10, 0, 0, 77), Ipv4Address::new(192, 0, 2, 77)];

/// Where it may move to, see [`Network::move_server`].
pub(crate) const ELSEWHERE: Ipv4Address = Ipv4Address::new(10, 0, 0, 3);

/// Where it listens.
pub(crate) const PORT: u16 = 8080;

const DEVICE: Ipv4Address = Ipv4Address::new(10, 0, 0, 1);

/// Frames that a card holds, in each direction.
const FRAMES: usize = 8;

/// What a test runs on.
pub(crate) struct Network<'d> {
    pub(crate) device: Stack<'d>,
    pub(crate) server: Stack<'d>,
    pub(crate) wire: Wire<'d>,
}

/// Runs a program on the device.
pub(crate) fn run<T>(
    weather: Weather,
    names: &Names,
    server: &Server<'_>,
    program: impl AsyncFnOnce(&Network<'_>) -> T,
) -> T {
    clock::restart();
    type Card = card::State<{ wire::MTU }, FRAMES, FRAMES>;
    let (mut cards, mut resources) =
        ([Card::new(), Card::new()], (StackResources::<4>::new(), StackResources::<8>::new()));
    let [first, second] = &mut cards;
    let (device_card, device_driver) = card::new(first, HardwareAddress::Ethernet([2, 0, 0, 0, 0, 1]));
    let (server_card, server_driver) = card::new(second, HardwareAddress::Ethernet([2, 0, 0, 0, 0, 2]));
    let seed = weather.seed;
    let device =
        StaticConfigV4 { gateway: Some(SERVER), dns_servers: names.servers().collect(), ..address(DEVICE) };
    let (device, mut device_runner) =
        embassy_net::new(device_driver, Config::ipv4_static(device), &mut resources.0, seed);
    let (there, mut server_runner) =
        embassy_net::new(server_driver, Config::ipv4_static(address(SERVER)), &mut resources.1, !seed);
    let wire = Wire::new(weather, [device_card.state_runner(), server_card.state_runner()]);
    let network = Network { device, server: there, wire };
    let others: [clock::Task<'_>; 5] = [
        Box::pin(async { device_runner.run().await }),
        Box::pin(async { server_runner.run().await }),
        Box::pin(network.wire.carry(device_card, server_card)),
        Box::pin(names.serve(network.server)),
        Box::pin(server.serve(&network)),
    ];
    clock::block_on(program(&network), others)
}

impl Network<'_> {
    /// Gives the server another address. Nobody has the old one then.
    pub(crate) fn move_server(&self, to: Ipv4Address) {
        self.server.set_config_v4(ConfigV4::Static(address(to)));
    }
}

fn address(address: Ipv4Address) -> StaticConfigV4 {
    StaticConfigV4 { address: Ipv4Cidr::new(address, 24), gateway: None, dns_servers: Default::default() }
}
