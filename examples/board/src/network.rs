//! A network driver in, the same out, that sends nothing before the network has heard of its link.
//!
//! embassy-net asks for an address before there is a link, and from the beginning when it hears of one: two
//! leases for each start, where the driver can send before it reports the link. (To configure DHCP only when
//! there is a link does not help: `Stack::set_config_v4` does not wake embassy-net's runner.)

use core::task::Context;

use embassy_net_driver::{Capabilities, Driver, HardwareAddress, LinkState};

/// The driver for the network of a board.
pub struct Linked<D> {
    driver: D,
    /// As the network was told.
    link: LinkState,
}

impl<D: Driver> Linked<D> {
    /// This driver, whose link is taken to be down.
    pub fn new(driver: D) -> Self {
        Self { driver, link: LinkState::Down }
    }
}

impl<D: Driver> Driver for Linked<D> {
    type RxToken<'a>
        = D::RxToken<'a>
    where
        Self: 'a;
    type TxToken<'a>
        = D::TxToken<'a>
    where
        Self: 'a;

    fn receive(&mut self, context: &mut Context<'_>) -> Option<(Self::RxToken<'_>, Self::TxToken<'_>)> {
        self.driver.receive(context)
    }

    fn transmit(&mut self, context: &mut Context<'_>) -> Option<Self::TxToken<'_>> {
        match self.link {
            LinkState::Up => self.driver.transmit(context),
            LinkState::Down => None,
        }
    }

    fn link_state(&mut self, context: &mut Context<'_>) -> LinkState {
        let link = self.driver.link_state(context);
        if link != self.link {
            self.link = link;
            // What found no room to be sent in finds it now.
            context.waker().wake_by_ref();
        }
        link
    }

    fn capabilities(&self) -> Capabilities {
        self.driver.capabilities()
    }

    fn hardware_address(&self) -> HardwareAddress {
        self.driver.hardware_address()
    }
}
