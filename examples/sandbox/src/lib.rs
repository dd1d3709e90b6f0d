//! The Task Group API on loopback, with faults on demand.
