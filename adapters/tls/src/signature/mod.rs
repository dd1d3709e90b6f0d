//! The signatures that certificates and servers make, as webpki asks for them.
